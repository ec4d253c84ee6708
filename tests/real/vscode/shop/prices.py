"""The prices of a small shop, with three faults."""


def gross(net: float, tax: float) -> float:
    return net + tax


def discounted(price: float, percent: float) -> float:
    return price - percent


def total(prices: list[float]) -> float:
    return max(prices)
