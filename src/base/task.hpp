#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace bazar {

namespace asio = boost::asio;

/// Every thread runs one loop, an `io_context` with a concurrency hint of 1. What starts on a loop stays
/// there.
using Loop = asio::io_context;
using LoopExecutor = Loop::executor_type;

/// A coroutine of a loop. Naming the executor's type saves the virtual calls of `any_io_executor`.
template <class T = void>
using Task = asio::awaitable<T, LoopExecutor>;

inline constexpr asio::use_awaitable_t<LoopExecutor> use_task{};

using Socket = asio::basic_stream_socket<asio::ip::tcp, LoopExecutor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, LoopExecutor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>;

}  // namespace bazar
