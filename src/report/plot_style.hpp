#pragma once

#include <string>

namespace bazar::report {

/// CSS for a page with plots of svg_plot.hpp: how they look, and the page's colours, light or dark as the
/// reader prefers: `--paper` and `--ink`, `--quiet` for what is said aside, `--rule` for lines, `--box`
/// behind what stands out, and those of series, `--c0` … `--c5`. The page's body has to use the first two.
[[nodiscard]] std::string plot_style();

}  // namespace bazar::report
