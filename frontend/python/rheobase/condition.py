"""Conditions such as "accuracy_drop > 0.005 or overflows > 0", read without executing anything."""

from __future__ import annotations

import ast
import operator

from typing import Optional

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
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and not any(isinstance(n, ast.Name) for n in ast.walk(node)):
            _value(expression, node, {})
    return tree


def names_of(expression: str) -> list[str]:
    """The figures that a condition asks for, each once. Raises OptionError where it cannot be read."""
    return list(dict.fromkeys(n.id for n in ast.walk(parse(expression)) if isinstance(n, ast.Name)))


def check_names(expression: str, known) -> None:
    """Raises OptionError for a name that is not known and for what no figure can mend, so that it shows before long work."""
    for name in names_of(expression):
        if name not in known:
            raise unknown_name("figure", name, known)


def holds(expression: str, figures: dict[str, Optional[float]]) -> Optional[bool]:
    """Whether the condition is true of the figures. A name that is not a figure raises OptionError.

    A figure may be None, not known: then so is what is made of it, unless `and` or `or` need it no more (Kleene 1938), and
    the result may be None.
    """
    result = _value(expression, parse(expression), figures)
    return None if result is None else bool(result)


def _value(expression: str, tree: ast.expr, figures: dict[str, Optional[float]]):
    """Of a part of the condition; None where it is not known."""

    def value(node):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            if node.id not in figures:
                raise unknown_name("figure", node.id, figures)
            return figures[node.id]
        if isinstance(node, ast.BoolOp):
            parts = [None if (v := value(part)) is None else bool(v) for part in node.values]
            decides = isinstance(node.op, ast.Or)  # what one part alone decides
            return decides if decides in parts else None if None in parts else not decides
        if isinstance(node, ast.UnaryOp):
            operand = value(node.operand)
            if operand is None:
                return None
            return not operand if isinstance(node.op, ast.Not) else -operand
        if isinstance(node, ast.BinOp):
            left, right = value(node.left), value(node.right)
            return None if left is None or right is None else _ARITHMETIC[type(node.op)](left, right)
        values = [value(part) for part in (node.left, *node.comparators)]
        pairs = zip(node.ops, values, values[1:])
        told = [None if a is None or b is None else _COMPARE[type(op)](a, b) for op, a, b in pairs]
        return False if False in told else None if None in told else True

    try:
        return value(tree)
    except (ZeroDivisionError, OverflowError):
        raise _refuse(expression, "divides by zero or is too large") from None
