/** The look of a report: paper, narrow margins in print, figures that are not cut by a page. */
export const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1b2429; font: 15px/1.5 Georgia, "Times New Roman", serif; }
main { max-width: 860px; margin: 0 auto; padding: 48px 32px 80px; }
h1 { font-size: 27px; line-height: 1.25; margin: 0 0 6px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 40px 0 8px; padding-top: 10px; border-top: 1px solid #c5cdd0; }
h3 { font-size: 16px; margin: 26px 0 6px; overflow-wrap: anywhere; }
p { margin: 6px 0; overflow-wrap: anywhere; }
.by { color: #4b5a61; margin: 0; }
nav { margin: 18px 0 0; font-size: 14px; color: #4b5a61; }
nav a { color: inherit; margin-right: 14px; }
code, td.n, .mono, svg text { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
code, .mono { font-size: 12.5px; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; font-size: 13px; line-height: 1.4; }
caption { text-align: left; padding: 6px 0; color: #4b5a61; }
th, td { text-align: left; vertical-align: top; padding: 3px 10px 3px 0; border-bottom: 1px solid #e3e8ea; overflow-wrap: anywhere; }
thead th { overflow-wrap: normal; border-bottom: 1px solid #4b5a61; font-weight: 600; }
th.n, td.n { text-align: right; font-size: 12.5px; white-space: nowrap; }
table.facts th { width: 190px; font-weight: 400; color: #4b5a61; }
.pre { white-space: pre-wrap; }
.whole { white-space: nowrap; }
figure { margin: 14px 0 18px; break-inside: avoid; }
figcaption { font-size: 13px; color: #33434b; margin-top: 4px; overflow-wrap: anywhere; }
figcaption b { color: #1b2429; }
svg { max-width: 100%; height: auto; display: block; }
svg text { font-size: 10.5px; fill: #33434b; }
svg .axes line { stroke: #7d8b91; }
svg .axes line.grid { stroke: #e3e8ea; }
svg line.zero { stroke: #9aa7ac; stroke-dasharray: 4 3; }
.note { border-left: 3px solid #b96a00; padding: 2px 0 2px 12px; }
.ok { color: #1d7a58; } .bad { color: #b3261e; }
.pair { display: flex; flex-wrap: wrap; gap: 0 24px; }
.pair figure { flex: 0 1 385px; }
@page { margin: 18mm 16mm; }
@media print {
  main { max-width: none; padding: 0; }
  body { font-size: 10.5pt; }
  nav { display: none; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
`
