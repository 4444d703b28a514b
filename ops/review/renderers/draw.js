// Draws graphs with Graphviz (WebAssembly): a JSON file with a list of viz-js graphs in, a JSON list of SVG out.
const { readFileSync } = require("node:fs");
const { instance } = require("@viz-js/viz");

instance().then((viz) => {
  const graphs = JSON.parse(readFileSync(process.argv[2], "utf8"));
  console.log(JSON.stringify(graphs.map((graph) => viz.renderString(graph, { format: "svg" }))));
});
