/** How the report looks, by day and by night. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fdfdfc; --ink: #1d1f21; --muted: #686b70; --grid: #e3e3e0; --benign: #2a6fc9;
  --attack: #c9481a; --resisted: #85827a; --third: #128a5f; }
@media (prefers-color-scheme: dark) { :root { --paper: #17181a; --ink: #e8e8e6; --muted: #a2a5aa; --grid: #34363a;
  --benign: #6ba6f0; --attack: #f4855a; --resisted: #a19e96; --third: #45c795; } }
body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 76rem;
  padding: 1.5rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; }
p { margin: .3rem 0; max-width: 46rem; } .quiet { color: var(--muted); }
dl.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.2rem 0 0; }
dl.tiles div { border: 1px solid var(--grid); border-radius: 6px; padding: .6rem .9rem; max-width: 16rem; min-width: 8.5rem; }
dl.tiles dt { color: var(--muted); font-size: .85rem; } dl.tiles dd { font-size: 1.45rem; margin: 0; }
dl.tiles dd small { color: var(--muted); display: block; font-size: .8rem; }
figure { margin: .8rem 0 0; } figure svg { font-family: inherit; height: auto; max-width: 100%; overflow: visible; }
svg text { font-family: system-ui, sans-serif; }
.legend { color: var(--muted); font-size: .85rem; } .legend span { margin-right: 1.1rem; white-space: nowrap; }
.legend i { border-radius: 2px; display: inline-block; height: .7em; margin-right: .35em; width: .9em; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .88rem; margin: .8rem 0; }
th, td { border-bottom: 1px solid var(--grid); padding: .25rem .6rem; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th:first-child { padding-left: 0; text-align: left; } thead th { color: var(--muted); font-weight: normal; }
tbody th { font-weight: normal; } summary { cursor: pointer; margin-top: 1rem; }
td.words { min-width: 18rem; text-align: left; white-space: normal; }
`;
