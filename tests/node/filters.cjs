// Reads filters, one JSON string a line, with scim2-parse-filter; prints the tree, null where it refuses, as a line of JSON.
// The trees are those of tests/python/filters.py.

const { createRequire } = require("node:module");
const { createInterface } = require("node:readline");

const { parse } = createRequire(`${process.env.SCIMUX_TEST_NODE}/`)("scim2-parse-filter");

// `and` of `and` is one `and`.
function joined(word, trees) {
  return { [word]: trees.flatMap((tree) => tree[word] ?? [tree]) };
}

function tree(node) {
  switch (node.op) {
    case "and":
    case "or":
      return joined(node.op, node.filters.map(tree));
    case "not":
      return { not: tree(node.filter) };
    case "pr":
      return { has: node.attrPath.toLowerCase() };
    case "[]":
      return { in: [node.attrPath.toLowerCase(), tree(node.valFilter)] };
    default:
      return { is: [node.attrPath.toLowerCase(), node.op, node.compValue] };
  }
}

function vote(source) {
  try {
    return tree(parse(source));
  } catch {
    return null;
  }
}

createInterface({ input: process.stdin }).on("line", (line) => console.log(JSON.stringify(vote(JSON.parse(line)))));
