#pragma once

#include <string_view>

/// The files of `templates/` and `assets/`, compiled in. CMakeLists.txt names them.
namespace bazar::frontend::embedded {

extern const std::string_view assets_shop_js;
extern const std::string_view assets_style_css;
extern const std::string_view templates_book_mustache;
extern const std::string_view templates_books_mustache;
extern const std::string_view templates_home_mustache;
extern const std::string_view templates_layout_mustache;
extern const std::string_view templates_order_mustache;
extern const std::string_view templates_orders_mustache;
extern const std::string_view templates_problem_mustache;

}  // namespace bazar::frontend::embedded
