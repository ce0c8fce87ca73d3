"""Reads filters, one JSON string a line, with two parsers; prints the tree of each, null where it refuses, as a line of JSON.

Trees are {"and": [...]}, {"or": [...]}, {"not": tree}, {"has": path}, {"is": [path, operator, value]} and
{"in": [path, tree]}; paths and operators are in lower case.
"""

import json
import sys

from scim2_filter_parser import ast
from scim2_filter_parser.lexer import SCIMLexer
from scim2_filter_parser.parser import SCIMParser
from scim2_models.path import Comparison, LogicalExpr, Not, Present, ScimFilter, ValuePath


def joined(word, trees):
    """`and` of `and` is one `and`."""
    flat = []
    for tree in trees:
        flat.extend(tree[word] if word in tree else [tree])
    return {word: flat}


def models(node):
    match node:
        case LogicalExpr():
            return joined(str(node.op), [models(term) for term in node.terms])
        case Not():
            return {"not": models(node.expr)}
        case Present():
            return {"has": str(node.attr_path).lower()}
        case Comparison():
            return {"is": [str(node.attr_path).lower(), str(node.op).lower(), node.value]}
        case ValuePath():
            return {"in": [str(node.attr_path).lower(), models(node.val_filter)]}
    raise ValueError(node)


def path(node):
    uri = f"{node.uri}:" if node.uri else ""
    sub = f".{node.sub_attr.value}" if node.sub_attr else ""
    return f"{uri}{node.attr_name}{sub}".lower()


def tokens(source):
    """The lexer takes the quotes off strings, so that "true" is no different from true: here they are put back."""
    for token in SCIMLexer().tokenize(source):
        if token.type == "COMP_VALUE":
            token.value = f'"{token.value}"'
        yield token


def filter_parser(node):
    if isinstance(node, ast.Filter):
        tree = filter_parser(node.expr)
        if node.namespace is not None:
            tree = {"in": [path(node.namespace), tree]}
        return {"not": tree} if node.negated else tree
    if isinstance(node, ast.LogExpr):
        return joined(node.op.lower(), [filter_parser(node.expr1), filter_parser(node.expr2)])
    return expression(node)


def expression(node):
    test = ["has"] if node.comp_value is None else [node.value.lower(), json.loads(node.comp_value.value)]
    name = node.attr_path.attr_name
    if not isinstance(name, ast.Filter):
        return leaf(path(node.attr_path), test)
    # emails[type eq "work"].value eq "x": the parser has moved the sub-attribute to the front.
    sub = name.namespace.sub_attr
    name.namespace.sub_attr = None
    inner = filter_parser(name.expr)
    value = leaf(sub.value.lower() if sub else "", test)
    return {"in": [path(name.namespace), joined("and", [inner, value])]}


def leaf(name, test):
    return {"has": name} if test == ["has"] else {"is": [name, *test]}


def vote(parse):
    try:
        return parse()
    except Exception:
        return None


for line in sys.stdin:
    source = json.loads(line)
    print(
        json.dumps(
            [
                vote(lambda: models(ScimFilter(source).ast)),
                vote(lambda: filter_parser(SCIMParser().parse(tokens(source)))),
            ]
        ),
        flush=True,
    )
