"""What the demo's shop sells, and the words that its customers use.

Everything here is constant: the seed decides who buys what and when, not what there is to buy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = [
    "BUNDLES",
    "CITIES",
    "COMMENTS",
    "COUNTRIES",
    "POPULAR",
    "POSTS",
    "SEASONAL",
    "STYLES",
    "Bundle",
    "Catalogue",
    "catalogue",
]


@dataclass(frozen=True)
class Bundle:
    """Products that stand in one basket more often than chance would have it.

    A share `together` of all baskets gets every item of the bundle; beside that, each item comes into a basket
    alone, independently of everything else, with its own probability in `alone`.
    """

    name: str
    items: tuple[str, ...]
    together: float
    alone: tuple[float, ...]


BUNDLES = (
    Bundle("tea", ("JASMINE TEA TIN 200G", "青花瓷茶杯"), 0.030, (0.014, 0.016)),
    Bundle("coffee", ("COFFEE BEANS 1KG", "PAPER COFFEE FILTERS"), 0.034, (0.022, 0.012)),
    Bundle("birds", ("WOODEN BIRD FEEDER", "SUNFLOWER SEEDS 2KG"), 0.027, (0.012, 0.020)),
    Bundle("nursery", ("KNITTED BABY BLANKET", "SOFT RABBIT TOY"), 0.026, (0.010, 0.024)),
    Bundle("painting", ("WATERCOLOUR SET", "SKETCH PAD, A4"), 0.028, (0.012, 0.014)),
    Bundle("calligraphy", ("毛笔套装", "宣纸一百张"), 0.026, (0.008, 0.010)),
    Bundle("exercise", ("YOGA MAT", "CORK BLOCK"), 0.027, (0.024, 0.008)),
    Bundle("pasta", ('PASTA BOWL 12"', "SPAGHETTI JAR"), 0.028, (0.030, 0.030)),
    Bundle("garden", ("SEED TRAY", "GARDENING GLOVES"), 0.028, (0.014, 0.090)),
    Bundle("baking", ("STRONG BREAD FLOUR", "DRIED YEAST", "LOAF TIN"), 0.030, (0.016, 0.008, 0.010)),
)
"""Bundles that hold over the whole period. The last one is a triple, the one before it is lopsided."""

SEASONAL = (
    Bundle("picnic", ("PICNIC BLANKET", "LEMONADE DISPENSER"), 0.048, (0.026, 0.024)),
    Bundle("beach", ("BEACH TOWEL", "STRAW SUN HAT"), 0.046, (0.028, 0.030)),
    Bundle("lanterns", ("PAPER LANTERN RED", "中秋月饼礼盒"), 0.044, (0.024, 0.022)),
)
"""Bundles that hold in the early part of the period only; later their items come alone."""

POPULAR = (
    ("GIFT BAG SMALL", 0.14),
    ("WRAPPING PAPER ROLL", 0.13),
    ("GREETING CARD", 0.12),
    ("TEA LIGHTS PACK OF 10", 0.11),
    ("PAPER NAPKINS", 0.10),
)
"""Products that many baskets hold and that meet by chance alone, with their probability in any basket."""

STYLES = ("WHITE ENAMEL", "OAK", "COPPER", "STRIPED", "VINTAGE", "FELT", "GLASS", "WICKER")
"""Styles in which the same kinds of thing come. Each customer has a taste for one: whoever likes oak buys oak frames
and oak boxes. So tastes lie across the categories: they change which product of a kind is bought, not how often the
kind is."""

_OBJECTS = (
    "PHOTO FRAME", "WALL CLOCK", "PLANT POT", "CANDLE HOLDER", "STORAGE BOX", "DOOR HOOK", "EGG CUP SET", "KEY RING",
    "SERVING TRAY", "COAT PEG", "JEWELLERY DISH", "TABLE RUNNER", "CUSHION COVER", "NOTEBOOK", "BOOKEND", "MILK JUG",
    "CAKE STAND", "LUNCH BOX", "NAPKIN RING", "WATERING CAN",
)  # fmt: skip
_CHINESE = (
    "竹编收纳篮", "陶瓷花瓶", "丝绸围巾", "手工皂礼盒", "檀香木梳",
    "折扇", "紫砂壶", "剪纸挂画", "景泰蓝书签", "棉麻桌布",
)  # fmt: skip
_DISCONTINUED = ("ROUND TEA COSY", "TIN ROBOT", "LACE DOILY", "BRASS BELL", "CROCHET OWL")
_PRICES = (85, 125, 165, 210, 255, 295, 375, 425, 495, 595, 675, 795, 995, 1275, 1495)

_CATEGORIES = {
    "Food > Tea and coffee": ("JASMINE TEA TIN 200G", "COFFEE BEANS 1KG"),
    "Food > Baking": ("STRONG BREAD FLOUR", "DRIED YEAST"),
    "Food > Treats": ("中秋月饼礼盒",),
    "Kitchen > Cups and jars": (
        "青花瓷茶杯", "SPAGHETTI JAR", "EGG CUP SET", "MILK JUG", "LEMONADE DISPENSER", "紫砂壶",
    ),
    "Kitchen > Tools": ("PAPER COFFEE FILTERS", "LOAF TIN"),
    "Kitchen > Tableware": ('PASTA BOWL 12"', "SERVING TRAY", "TABLE RUNNER", "CAKE STAND", "NAPKIN RING", "棉麻桌布"),
    "Garden > Birds": ("WOODEN BIRD FEEDER", "SUNFLOWER SEEDS 2KG"),
    "Garden > Growing": ("SEED TRAY", "GARDENING GLOVES", "PLANT POT", "WATERING CAN"),
    "Leisure > Nursery": ("KNITTED BABY BLANKET", "SOFT RABBIT TOY", "TIN ROBOT"),
    "Leisure > Art": ("WATERCOLOUR SET", "SKETCH PAD, A4", "毛笔套装", "宣纸一百张"),
    "Leisure > Sport": ("YOGA MAT", "CORK BLOCK"),
    "Leisure > Summer": ("PICNIC BLANKET", "BEACH TOWEL", "STRAW SUN HAT", "LUNCH BOX"),
    "Home > Decoration": (
        "PAPER LANTERN RED", "PHOTO FRAME", "WALL CLOCK", "CANDLE HOLDER", "CUSHION COVER", "陶瓷花瓶", "剪纸挂画",
        "LACE DOILY", "BRASS BELL", "CROCHET OWL",
    ),
    "Home > Storage": ("STORAGE BOX", "DOOR HOOK", "KEY RING", "COAT PEG", "JEWELLERY DISH", "竹编收纳篮"),
    "Stationery > Paper": ("NOTEBOOK", "BOOKEND", "景泰蓝书签"),
    "Stationery > Wrapping": ("GIFT BAG SMALL", "WRAPPING PAPER ROLL", "GREETING CARD"),
    "Party": ("TEA LIGHTS PACK OF 10", "PAPER NAPKINS"),
}  # fmt: skip
"""Paths of categories, widest first, and the products or kinds of product in each; some products have none."""

COUNTRIES = ("United Kingdom", "Germany", "France", "China", "Ireland", "Netherlands")
CITIES = (
    ("London", "Leeds", "Bristol"),
    ("Köln", "Berlin", "München"),
    ("Paris", "Orléans", "Lyon"),
    ("上海", "北京", "杭州"),
    ("Dublin", "Cork", "Galway"),
    ("Utrecht", "Leiden", "Delft"),
)
"""Cities of each country, in the order of `COUNTRIES`."""

POSTS = (
    "Unboxed my new mug today – love it!",
    "Café corner finished, thanks to the “vintage” shelf",
    "Delivery took a while, but worth it",
    "£5 off this week; told all my friends",
    "Perfect gift for Zoë’s birthday",
    "The lamp is lovely; the box was not",
    "Anyone else collecting these tins?",
    "Crème de la crème of plant pots…",
)

COMMENTS = {
    "low": (
        "Arrived broken and the refund took weeks", "Not as described, sent it back", "包装破损，已退货",
        "质量很差，不会再买", "Too expensive for what it is", "客服态度不好，退款很慢",
    ),
    "middle": (
        "OK, nothing special", "Delivery was slow but the product is fine", "一般般，价格偏高", "还可以，物流有点慢",
        "Colour differs a little from the picture", "质量一般，包装不错",
    ),
    "high": (
        "Lovely quality, will order again", "Fast delivery, very happy", "非常满意，质量很好",
        "物流很快，包装精美，推荐购买", "Beautiful, exactly as shown on the site", "网站很好用，找东西很方便",
    ),
}  # fmt: skip
"""What customers write, by how content they are: low (1–2), middle (3), high (4–5)."""


@dataclass(frozen=True)
class Catalogue:
    """Every product, as arrays of equal length.

    Attributes
    ----------
    product_id, name : tuple of str
    category : tuple of str
        Path of categories such as "Garden > Birds"; empty for products that nobody sorted.
    price : ndarray of int64
        In pence.
    alone : ndarray of float
        Probability that a basket holds the product independently of everything else; 0 for products that only
        fill baskets.
    filler : ndarray of float
        Weight among the products that fill a basket up to its size; sums to 1.
    discontinued : ndarray of int64
        Positions of products that were sold before the period only (they come back, but are never sold).
    in_style : ndarray of int64, shape (products, styles)
        Position of the same kind of thing in each style; the product's own where it comes in one style only.
    appeal : ndarray of float
        Points that a rating of the product lies above or below one of the shop; within ±0.6, 0 on average.
    """

    product_id: tuple[str, ...]
    name: tuple[str, ...]
    category: tuple[str, ...]
    price: np.ndarray
    alone: np.ndarray
    filler: np.ndarray
    discontinued: np.ndarray
    in_style: np.ndarray
    appeal: np.ndarray

    def position(self, name: str) -> int:
        """Position of the product of that name."""
        return self.name.index(name)

    @property
    def style(self) -> np.ndarray:
        """Style of each product, −1 where it comes in one style only."""
        own = self.in_style == np.arange(len(self.name))[:, None]
        return np.where(own.all(axis=1), -1, own.argmax(axis=1))


def catalogue() -> Catalogue:
    """Return all products of the demo's shop.

    Examples
    --------
    >>> shop = catalogue()
    >>> len(shop.name), shop.product_id[shop.position("YOGA MAT")]
    (207, '21263')
    """
    independent: dict[str, float] = {}
    for bundle in (*BUNDLES, *SEASONAL):
        independent |= dict(zip(bundle.items, bundle.alone, strict=True))
    independent |= dict(POPULAR)
    fillers = [f"{style} {thing}" for thing in _OBJECTS for style in STYLES] + list(_CHINESE)
    names = (*independent, *fillers, *_DISCONTINUED)
    codes = [str(21011 + 21 * i) + ("ABCD"[i % 4] if i % 11 == 5 else "") for i in range(len(names))]
    weights = np.zeros(len(names))
    # a flat popularity curve: two fillers meet in fewer than one basket in a hundred
    weights[len(independent) : len(independent) + len(fillers)] = np.arange(1, len(fillers) + 1) ** -0.3
    in_style = np.repeat(np.arange(len(names))[:, None], len(STYLES), axis=1)
    styled = len(independent) + np.arange(len(_OBJECTS) * len(STYLES)).reshape(len(_OBJECTS), len(STYLES))
    in_style[styled] = styled[:, None, :]
    price = np.array([_PRICES[(7 * i + i // 15) % len(_PRICES)] for i in range(len(names))], dtype=np.int64)
    return Catalogue(
        product_id=tuple(codes),
        name=names,
        category=tuple(_category(name) for name in names),
        price=price,
        alone=np.array([*independent.values(), *[0.0] * (len(names) - len(independent))]),
        filler=weights / weights.sum(),
        discontinued=np.arange(len(names) - len(_DISCONTINUED), len(names)),
        in_style=in_style,
        # multiples of the golden ratio spread evenly, whatever the number of products
        appeal=1.2 * (np.arange(len(names)) * 0.618034 % 1 - 0.5),
    )


def _category(name: str) -> str:
    """The category of a product's own name, or of the kind of thing with which its name ends."""
    for path, kinds in _CATEGORIES.items():
        if any(name == kind or name.endswith(f" {kind}") for kind in kinds):
            return path
    return ""
