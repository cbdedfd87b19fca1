"""Conditions such as "accuracy_drop > 0.005 or overflows > 0", read without executing anything."""

from __future__ import annotations

import ast
import operator

from .errors import OptionError, option_error, shown, unknown_name

_COMPARE = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _refuse(expression: str, why: str) -> OptionError:
    return option_error(
        f"the condition '{expression}' {why}",
        "write for example 'accuracy_drop > 0.005 or overflows > 0'",
        "R0259",
    )


def parse(expression: str) -> ast.expr:
    """The syntax tree of numbers, names, arithmetic, comparisons, and/or/not; OptionError for all else."""
    if not isinstance(expression, str):
        raise _refuse(shown(expression), "is not a text")
    if len(expression) > 1000:
        raise _refuse(expression[:40] + "...", "is longer than 1000 characters")
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _refuse(expression, "cannot be read") from None
    allowed = (
        ast.BoolOp,
        ast.And,
        ast.Or,
        ast.UnaryOp,
        ast.Not,
        ast.USub,
        ast.BinOp,
        ast.Compare,
        ast.Name,
        ast.Load,
        ast.Constant,
        *_COMPARE,
        *_ARITHMETIC,
    )
    for node in ast.walk(tree):
        if not isinstance(node, allowed) or (
            isinstance(node, ast.Constant) and type(node.value) not in (int, float)
        ):
            raise _refuse(expression, f"holds '{type(node).__name__.lower()}', which has no meaning here")
    if not isinstance(tree, (ast.Compare, ast.BoolOp)) and not (
        isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not)
    ):
        raise _refuse(expression, "is not true or false")
    return tree


def check_names(expression: str, known) -> None:
    """Raises OptionError for a name that is not known, so that it shows before long work."""
    for node in ast.walk(parse(expression)):
        if isinstance(node, ast.Name) and node.id not in known:
            raise unknown_name("figure", node.id, known)


def holds(expression: str, figures: dict[str, float]) -> bool:
    """Whether the condition is true of the figures. A name that is not a figure raises OptionError."""

    def value(node):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            if node.id not in figures:
                raise unknown_name("figure", node.id, figures)
            return figures[node.id]
        if isinstance(node, ast.BoolOp):
            values = [bool(value(v)) for v in node.values]
            return all(values) if isinstance(node.op, ast.And) else any(values)
        if isinstance(node, ast.UnaryOp):
            return not value(node.operand) if isinstance(node.op, ast.Not) else -value(node.operand)
        if isinstance(node, ast.BinOp):
            return _ARITHMETIC[type(node.op)](value(node.left), value(node.right))
        left = value(node.left)
        for op, right in zip(node.ops, map(value, node.comparators)):
            if not _COMPARE[type(op)](left, right):
                return False
            left = right
        return True

    try:
        return bool(value(parse(expression)))
    except (ZeroDivisionError, OverflowError):
        raise _refuse(expression, "divides by zero or is too large") from None
