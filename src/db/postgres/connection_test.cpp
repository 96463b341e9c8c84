#include "db/postgres/connection.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "db/postgres/barrier.hpp"
#include "db/postgres/client.hpp"
#include "db/postgres/loop_thread.hpp"
#include "db/postgres/migrations.hpp"
#include "db/postgres/testing/server.hpp"

namespace bazar::db::postgres {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr Statement echo{"test_echo", "SELECT $1::bigint"};
constexpr Statement echo_all{"test_echo_all",
                             "SELECT $1::bigint, $2::text, $3::boolean, $4::float8, $5::uuid, $6::text"};
constexpr Statement expand{
    "test_expand",
    "SELECT n, t FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS u(n, t, i) ORDER BY i"};
constexpr Statement divide{"test_divide", "SELECT 1 / $1::bigint"};
constexpr Statement missing{"test_missing", "SELECT * FROM no_such_table"};
constexpr Statement insert{"test_insert", "INSERT INTO t VALUES($1::bigint)"};
constexpr Statement count{"test_count", "SELECT count(*) FROM t"};
constexpr Statement nap{"test_nap", "SELECT pg_sleep($1::float8)::text"};
constexpr Statement backend{"test_backend", "SELECT pg_backend_pid()"};

SteadyTime in(milliseconds time) { return std::chrono::steady_clock::now() + time; }
constexpr milliseconds patience{20'000};

template <class... Values>
Pipeline pipeline_of(const Statement& statement, const Values&... values) {
  Pipeline pipeline;
  pipeline.add(statement, values...);
  return pipeline;
}

/// Accepts, and says nothing.
class SilentServer {
 public:
  SilentServer() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(listen(socket_, 16), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { close(socket_); }

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

class PostgresConnection : public testing::Test {
 protected:
  ~PostgresConnection() override {
    connection_.reset();
    server_.drop_database(url_);
  }

  template <class T>
  T run(Task<T> task) {
    return run_to_end(loop_, std::move(task));
  }
  Results run(Pipeline pipeline, milliseconds limit = patience) {
    return run(connection_->run(std::move(pipeline), in(limit)));
  }
  void script(std::string sql) { to_end(connection_->run_script(std::move(sql), in(patience))); }
  void migrate_to(std::vector<Migration> steps) {
    to_end(migrate(*connection_, "test", steps, in(patience)));
  }
  void to_end(Task<void> task) {
    run([](Task<void> inner) -> Task<std::monostate> {
      co_await std::move(inner);
      co_return std::monostate{};
    }(std::move(task)));
  }
  std::unique_ptr<Connection> open(ConnectionOptions options, milliseconds limit = patience) {
    return run(Connection::open(std::move(options), in(limit)));
  }
  std::string failure_of(ConnectionOptions options, milliseconds limit = patience) {
    try {
      (void)open(std::move(options), limit);
      return "none";
    } catch (const Unavailable& failure) {
      return failure.what();
    }
  }

  TestServer& server_ = shared_test_server();
  std::string url_ = server_.create_database();
  Loop loop_{1};
  std::unique_ptr<Connection> connection_ = open({.url = url_});
};

TEST_F(PostgresConnection, values_come_back_as_they_went) {
  const Uuid uuid{1, 2, 3, 250};
  const Results results = run(pipeline_of(echo_all, std::int64_t{-5}, "h\xC3\xA9 'x' \\", true, 0.1, uuid,
                                          std::optional<std::string>{}));
  const Row row = results[0].only();
  EXPECT_EQ(row.integer(0), -5);
  EXPECT_EQ(row.text(1), "h\xC3\xA9 'x' \\");
  EXPECT_TRUE(row.boolean(2));
  EXPECT_EQ(row.real(3), 0.1);
  EXPECT_EQ(row.uuid(4), uuid);
  EXPECT_EQ(row.optional_text(5), std::nullopt);
}

TEST_F(PostgresConnection, arrays_unfold_in_their_order) {
  const Results results = run(pipeline_of(expand, std::vector<std::int64_t>{3, 1},
                                          std::vector<std::optional<std::string>>{"a", std::nullopt}));
  ASSERT_EQ(results[0].size(), 2);
  EXPECT_EQ(results[0][0].integer(0), 3);
  EXPECT_EQ(results[0][1].optional_text(1), std::nullopt);
}

TEST_F(PostgresConnection, a_column_is_read_as_its_own_type_only) {
  const Results results = run(pipeline_of(echo, std::int64_t{1}));
  const Row row = results[0].only();
  EXPECT_THROW((void)row.text(0), std::logic_error);
  EXPECT_THROW((void)row.uuid(0), std::logic_error);
  EXPECT_THROW((void)row.integer(1), std::logic_error);
  EXPECT_THROW((void)row.integer(-1), std::logic_error);
}

TEST_F(PostgresConnection, many_calls_are_in_flight_and_answered_in_order) {
  std::vector<std::int64_t> answers;
  for (std::int64_t i = 0; i < 2'000; ++i) {
    connection_->start(pipeline_of(echo, i), in(patience),
                       {loop_.get_executor(), [&](const std::exception_ptr& error, const Results& results) {
                          ASSERT_FALSE(error);
                          answers.push_back(results[0].only().integer(0));
                        }});
  }
  loop_.restart();
  loop_.run();
  ASSERT_EQ(answers.size(), 2'000u);
  EXPECT_TRUE(std::ranges::is_sorted(answers));
}

TEST_F(PostgresConnection, more_than_fits_the_sockets_buffers_goes_both_ways) {
  const std::string large(std::size_t{8} << 20, 'x');
  const std::vector<std::string> texts{large, large};
  const Results results = run(pipeline_of(expand, std::vector<std::int64_t>{1, 2}, texts));
  EXPECT_EQ(results[0][1].text(1), large);
}

TEST_F(PostgresConnection, an_error_fails_its_own_pipeline_only) {
  script("CREATE TABLE t(n bigint)");
  Pipeline spoilt;
  spoilt.add(insert, std::int64_t{1});
  spoilt.add(divide, std::int64_t{0});
  spoilt.add(count);  // never reached, so never prepared
  std::vector<std::string> outcomes;
  const auto note = [&](const std::exception_ptr& error, const Results&) {
    outcomes.emplace_back(error ? "failed" : "done");
  };
  connection_->start(pipeline_of(insert, std::int64_t{2}), in(patience), {loop_.get_executor(), note});
  connection_->start(std::move(spoilt), in(patience), {loop_.get_executor(), note});
  connection_->start(pipeline_of(insert, std::int64_t{3}), in(patience), {loop_.get_executor(), note});
  loop_.restart();
  loop_.run();
  EXPECT_THAT(outcomes, ElementsAre("done", "failed", "done"));
  EXPECT_EQ(run(pipeline_of(count))[0].only().integer(0), 2) << "what stood before the error is undone";
}

TEST_F(PostgresConnection, a_statement_that_could_not_be_prepared_may_be_tried_again) {
  EXPECT_THROW((void)run(pipeline_of(missing)), SqlError);
  script("CREATE TABLE no_such_table(n bigint)");
  EXPECT_TRUE(run(pipeline_of(missing))[0].empty());
}

TEST_F(PostgresConnection, a_script_that_fails_says_so_and_the_connection_goes_on) {
  EXPECT_THROW(script("CREATE TABLE t(n bigint); SELECT 1/0"), SqlError);
  EXPECT_THROW((void)run(pipeline_of(count)), SqlError) << "a script is one transaction";
  EXPECT_EQ(run(pipeline_of(echo, std::int64_t{7}))[0].only().integer(0), 7);
}

TEST_F(PostgresConnection, at_its_deadline_a_call_ends_and_the_connection_is_dropped) {
  EXPECT_THROW((void)run(pipeline_of(nap, 60.0), milliseconds(50)), DeadlineExceeded);
  EXPECT_FALSE(connection_->usable());
  EXPECT_THROW((void)run(pipeline_of(echo, std::int64_t{1})), ConnectionLost);
}

TEST_F(PostgresConnection, a_killed_backend_is_a_lost_connection) {
  const std::int64_t pid = run(pipeline_of(backend))[0].only().integer(0);
  std::exception_ptr seen;
  connection_->start(
      pipeline_of(nap, 60.0), in(patience),
      {loop_.get_executor(), [&](const std::exception_ptr& error, const Results&) { seen = error; }});
  loop_.restart();
  loop_.poll();
  server_.execute("SELECT pg_terminate_backend(" + std::to_string(pid) + ")");
  loop_.run();
  ASSERT_TRUE(seen);
  EXPECT_THROW(std::rethrow_exception(seen), ConnectionLost);
  EXPECT_FALSE(connection_->usable());
}

TEST_F(PostgresConnection, who_is_silent_inside_a_transaction_loses_its_session) {
  connection_ = open({.url = url_, .idle_in_transaction = milliseconds(50)});
  constexpr Statement begin{"test_begin", "BEGIN"};
  const std::int64_t pid = run(pipeline_of(backend))[0].only().integer(0);
  run(pipeline_of(begin));
  const auto gone = "SELECT count(*) FROM pg_stat_activity WHERE pid = " + std::to_string(pid);
  const auto until = in(patience);
  while (server_.execute(gone) != "0" && std::chrono::steady_clock::now() < until) {
  }
  EXPECT_THROW((void)run(pipeline_of(echo, std::int64_t{1})), Unavailable);
}

TEST_F(PostgresConnection, a_silent_host_is_passed_over_in_its_own_time) {
  // The kernel answers for it; nobody accepts.
  const SilentServer silent;
  const std::string ports = std::to_string(silent.port()) + "," + std::to_string(server_.port());
  ConnectionOptions options{.url = "host=127.0.0.1,127.0.0.1 port=" + ports + " user=bazar dbname=postgres"};
  options.host_timeout = milliseconds(300);
  connection_ = open(options);
  EXPECT_EQ(connection_->endpoint(), 1u);
}

TEST_F(PostgresConnection, says_what_kept_it_from_a_server) {
  EXPECT_THAT(failure_of({.url = "postgresql://bazar:secret@127.0.0.1:1/x"}),
              testing::AllOf(HasSubstr("127.0.0.1:1"), Not(HasSubstr("secret"))));
  EXPECT_THAT(failure_of({.url = server_.url("nonesuch")}), HasSubstr("nonesuch"));
  server_.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
  EXPECT_THAT(failure_of({.url = server_.url("latin")}), HasSubstr("UTF8"));
  server_.execute("DROP DATABASE latin");
}

TEST_F(PostgresConnection, a_database_that_is_read_only_is_not_taken_for_writing) {
  const std::string name = url_.substr(url_.rfind('/') + 1);
  server_.execute("ALTER DATABASE " + name + " SET default_transaction_read_only = on");
  EXPECT_THAT(failure_of({.url = url_}), HasSubstr("read-only"));
  EXPECT_NE(open({.url = url_, .access = Access::any}), nullptr);
}

TEST_F(PostgresConnection, a_commit_waits_for_the_disk_whatever_the_server_says) {
  const std::string name = url_.substr(url_.rfind('/') + 1);
  constexpr Statement show{"test_show", "SELECT current_setting('synchronous_commit')"};
  const auto setting = [&](const std::string& wanted) {
    server_.execute("ALTER DATABASE " + name + " SET synchronous_commit = " + wanted);
    connection_ = open({.url = url_});
    return std::string(run(pipeline_of(show))[0].only().text(0));
  };
  EXPECT_EQ(setting("off"), "on");
  EXPECT_EQ(setting("remote_write"), "on");
  EXPECT_EQ(setting("remote_apply"), "remote_apply");
}

TEST(PostgresSupport, an_old_server_or_another_encoding_is_named) {
  EXPECT_EQ(why_unsupported(150'000, "UTF8"), std::nullopt);
  EXPECT_EQ(why_unsupported(170'004, "UTF8"), std::nullopt);
  EXPECT_THAT(why_unsupported(140'018, "UTF8").value(), HasSubstr("is PostgreSQL 14; 15 or newer"));
  EXPECT_THAT(why_unsupported(90'624, "UTF8").value(), HasSubstr("is PostgreSQL 9.6;"));
  EXPECT_THAT(why_unsupported(150'000, "LATIN1").value(), HasSubstr("encoding"));
}

TEST_F(PostgresConnection, a_read_only_database_is_passed_over_by_who_writes) {
  server_.execute("ALTER DATABASE " + url_.substr(url_.rfind('/') + 1) +
                  " SET default_transaction_read_only = on");
  EXPECT_THAT(failure_of({.url = url_}), HasSubstr("read-only"));
  EXPECT_EQ(failure_of({.url = url_, .access = Access::any}), "none");
}

TEST_F(PostgresConnection, migrations_run_once_whoever_comes_first) {
  const std::vector<Migration> first{{"one", "CREATE TABLE a(n bigint); CREATE TABLE b(n bigint)"}};
  migrate_to(first);
  migrate_to(first);
  auto second = first;
  second.push_back({"two", "ALTER TABLE a ADD COLUMN m bigint"});
  migrate_to(second);
  EXPECT_EQ(server_.execute("SELECT count(m) FROM a", url_), "0");
  EXPECT_THROW(migrate_to(first), Unavailable) << "an older program";
}

TEST_F(PostgresConnection, a_migration_that_fails_leaves_nothing) {
  EXPECT_THROW(migrate_to({{"one", "CREATE TABLE a(n bigint)"}, {"two", "CREATE TABLE a(n bigint)"}}),
               SqlError);
  EXPECT_EQ(server_.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", url_), "0");
  migrate_to({{"one", "CREATE TABLE a(n bigint)"}});
}

TEST_F(PostgresConnection, who_may_not_create_tables_is_told_so) {
  server_.execute("CREATE ROLE guest LOGIN", url_);
  std::string url = url_;
  connection_ = open({.url = url.replace(url.find("bazar@"), 6, "guest@")});
  EXPECT_THAT([&] { migrate_to({{"one", "CREATE TABLE a(n bigint)"}}); },
              testing::ThrowsMessage<ServerUnable>(HasSubstr("it needs CREATE on the schema")));
  connection_.reset();
  server_.execute("DROP ROLE guest", url_);
}

/// With a server of its own, which it stops and freezes.
class PostgresOutage : public testing::Test {
 protected:
  template <class T>
  T run(Task<T> task) {
    return run_to_end(loop_, std::move(task));
  }

  TestServer server_;
  Loop loop_{1};
};

TEST_F(PostgresOutage, a_client_finds_its_server_again) {
  Client client(loop_.get_executor(), {.url = server_.url()});
  auto connection = run(client.connection(in(patience)));
  const ServerIdentity before = connection->server();
  server_.stop();
  EXPECT_THROW((void)run(connection->run(pipeline_of(echo, std::int64_t{1}), in(patience))), ConnectionLost);
  EXPECT_THROW((void)run(client.connection(in(milliseconds(200)))), Unavailable);
  server_.start();
  connection = run(client.connection(in(patience)));
  EXPECT_EQ(run(connection->run(pipeline_of(echo, std::int64_t{1}), in(patience)))[0].only().integer(0), 1);
  EXPECT_NE(connection->server(), before) << "what was read before may have been put back from a copy";
}

TEST_F(PostgresOutage, a_host_that_uses_up_a_callers_time_does_not_keep_the_next_caller_from_the_others) {
  const SilentServer silent;
  const std::string ports = std::to_string(silent.port()) + "," + std::to_string(server_.port());
  Client client(loop_.get_executor(),
                {.url = "host=127.0.0.1,127.0.0.1 port=" + ports + " user=bazar dbname=postgres",
                 .host_timeout = patience});
  EXPECT_THROW((void)run(client.connection(in(milliseconds(100)))), Unavailable);
  EXPECT_EQ(run(client.connection(in(patience / 2)))->endpoint(), 1u);
}

TEST_F(PostgresOutage, a_frozen_server_costs_no_more_than_the_deadline) {
  Client client(loop_.get_executor(), {.url = server_.url(), .host_timeout = milliseconds(200)});
  const auto connection = run(client.connection(in(patience)));
  server_.freeze();
  EXPECT_THROW((void)run(connection->run(pipeline_of(echo, std::int64_t{1}), in(milliseconds(100)))),
               DeadlineExceeded);
  EXPECT_THROW((void)run(client.connection(in(milliseconds(300)))), Unavailable);
  server_.thaw();
  EXPECT_TRUE(run(client.connection(in(patience)))->usable());
}

TEST_F(PostgresOutage, reads_go_on_when_the_server_is_back) {
  BarrierReader reader(loop_.get_executor(), {.url = server_.url()}, Barrier::always);
  EXPECT_EQ(run(reader.read(pipeline_of(echo, std::int64_t{1}), in(patience))).results[0].only().integer(0),
            1);
  server_.stop();
  EXPECT_THROW((void)run(reader.read(pipeline_of(echo, std::int64_t{1}), in(milliseconds(200)))),
               Unavailable);
  server_.start();
  EXPECT_EQ(run(reader.read(pipeline_of(echo, std::int64_t{2}), in(patience))).results[0].only().integer(0),
            2);
}

TEST_F(PostgresOutage, a_strict_read_waits_for_the_standby_that_the_server_names) {
  server_.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  server_.execute("SELECT pg_reload_conf()");
  const auto until = in(patience);
  while (server_.execute("SHOW synchronous_standby_names") != "nobody" &&
         std::chrono::steady_clock::now() < until) {
  }
  {
    BarrierReader strict(loop_.get_executor(), {.url = server_.url()}, Barrier::automatic);
    EXPECT_THROW((void)run(strict.read(pipeline_of(echo, std::int64_t{1}), in(milliseconds(300)))), Outage);
  }
  BarrierReader labelled(loop_.get_executor(), {.url = server_.url()}, Barrier::never);
  EXPECT_EQ(run(labelled.read(pipeline_of(echo, std::int64_t{1}), in(patience))).results[0].only().integer(0),
            1);
}

TEST_F(PostgresOutage, one_bad_read_spoils_no_other_of_its_round) {
  BarrierReader reader(loop_.get_executor(), {.url = server_.url()}, Barrier::always);
  int done = 0, failed = 0;
  for (std::int64_t i = 0; i < 600; ++i) {
    asio::co_spawn(loop_, reader.read(pipeline_of(divide, i % 3), in(patience)),
                   [&](const std::exception_ptr& error, const Answer&) { ++(error ? failed : done); });
  }
  loop_.restart();
  loop_.run();
  EXPECT_EQ(done, 400);
  EXPECT_EQ(failed, 200);
}

}  // namespace
}  // namespace bazar::db::postgres
