"""Claims: what a sentence asserts, as an expression over its own arguments.

`"top > 2 * share and lift.low > 1"` is read as Python and evaluated over the raw values. Only comparison, arithmetic,
`and`, `or`, `not`, names, `name.low`, `name.high`, numbers and text are allowed, so that a claim can travel in JSON
and be checked again by whoever draws the page.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from analysis.errors import ClaimError
from analysis.report.values import Value

__all__ = ["assert_claim", "holds"]

_COMPARE: dict[type, Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def holds(claim: str, arguments: Mapping[str, Value]) -> bool:
    """Whether the claim is true of the arguments. A missing figure makes a comparison false.

    >>> from analysis.report.values import percent
    >>> holds("share > 0.5", {"share": percent(0.62)})
    True
    """
    try:
        tree = ast.parse(claim, mode="eval").body
    except SyntaxError as error:
        raise ClaimError(f"claim {claim!r} is not an expression: {error.msg}") from error
    return bool(_evaluate(tree, arguments))


def assert_claim(claim: str | None, arguments: Mapping[str, Value], *, message: str) -> None:
    """Raise `ClaimError` if a claim is given and is not true of the arguments."""
    if claim is None or holds(claim, arguments):
        return
    values = ", ".join(f"{name} = {value.value!r}" for name, value in sorted(arguments.items()))
    raise ClaimError(f"the claim {claim!r} behind {message!r} is false: {values}")


def _evaluate(node: ast.AST, arguments: Mapping[str, Value]) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return _argument(node.id, arguments).value
        case ast.Attribute(value=ast.Name(id=name), attr="low" | "high" as bound):
            return getattr(_argument(name, arguments), bound)
        case ast.UnaryOp(op=ast.Not()):
            return not _evaluate(node.operand, arguments)
        case ast.UnaryOp(op=ast.USub()):
            return -_evaluate(node.operand, arguments)
        case ast.BoolOp():
            results = (_evaluate(value, arguments) for value in node.values)
            return all(results) if isinstance(node.op, ast.And) else any(results)
        case ast.BinOp() if type(node.op) in _ARITHMETIC:
            left, right = _evaluate(node.left, arguments), _evaluate(node.right, arguments)
            return None if left is None or right is None else _ARITHMETIC[type(node.op)](left, right)
        case ast.Compare():
            return _compare(node, arguments)
    raise ClaimError(f"a claim may not contain {ast.unparse(node)!r}")


def _compare(node: ast.Compare, arguments: Mapping[str, Value]) -> bool:
    left = _evaluate(node.left, arguments)
    for sign, operand in zip(node.ops, node.comparators, strict=True):
        right = _evaluate(operand, arguments)
        if type(sign) not in _COMPARE:
            raise ClaimError(f"a claim may not contain {ast.unparse(node)!r}")
        if left is None or right is None or not _COMPARE[type(sign)](left, right):
            return False
        left = right
    return True


def _argument(name: str, arguments: Mapping[str, Value]) -> Value:
    if name not in arguments:
        raise ClaimError(f"a claim names {name!r}, which is not among the arguments {sorted(arguments)}")
    return arguments[name]
