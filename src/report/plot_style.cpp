#include "report/plot_style.hpp"

#include <fmt/format.h>

#include "report/svg_plot.hpp"

namespace bazar::report {
namespace {

constexpr std::string_view style = R"css(
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2024;--quiet:#5b6570;--rule:#d9dee3;--box:#f5f7f9;
--c0:#1f6fb4;--c1:#d9620f;--c2:#2b8a4b;--c3:#a0459b;--c4:#8a6d00;--c5:#c2304a}
@media(prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e6e9ec;--quiet:#9aa5b1;--rule:#333a41;--box:#1d2226;
--c0:#6cb2ee;--c1:#f59a56;--c2:#69c98a;--c3:#d892d3;--c4:#d6b943;--c5:#f07f93}}
figure{margin:1.6rem 0}
.plot{display:block;width:100%;height:auto}
.plot text{fill:var(--ink);font:12px system-ui,sans-serif}.plot .label{fill:var(--quiet)}.plot .title{font-weight:600;font-size:13px}
.grid{stroke:var(--rule)}.axis{stroke:var(--quiet)}
.line{fill:none;stroke-width:2}.dashed{stroke-dasharray:6 5}.area{opacity:.25;stroke:none}
.whisker{stroke:var(--ink);fill:none;opacity:.7}
.instant{stroke:var(--ink);stroke-dasharray:3 3}.plot text.instant{stroke:var(--paper);stroke-width:4;stroke-dasharray:none;paint-order:stroke}
)css";

}  // namespace

std::string plot_style() {
  std::string css(style);
  // Lines and marks are coloured by stroke or fill as the element needs.
  for (std::size_t i = 0; i < most_series; ++i) {
    css += fmt::format(
        ".line.s{0}{{stroke:var(--c{0})}}.bar.s{0},.mark.s{0},.swatch.s{0},.area.s{0}{{fill:var(--c{0})}}\n",
        i);
  }
  return css;
}

}  // namespace bazar::report
