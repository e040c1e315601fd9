"""Text, boxes and an SVG of them. All lengths are in points, which are SVG's units here."""
import dataclasses
import io
import re

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D

# All lengths are in points, which are SVG's units here.
COLUMN, UNIT, GAP, MARGIN = 46, 27, 6, 12  # of Grafana's grid
ROW_HEADER, HEADING, FOOTER = 24, 30, 22
PADDING, TITLE_LINE, LINE = 8, 20, 13
TITLE, SMALL = 10.5, 8.5  # sizes of text
PAGE, PANEL, FRAME, GRID, MUTED, TEXT = "#F4F5F5", "#FFFFFF", "#D8DCE1", "#E9EBEE", "#6A737D", "#24292E"


STYLE = {"svg.fonttype": "none", "text.parse_math": False, "font.family": "DejaVu Sans", "path.simplify": True}


def text_width(text, size, weight="normal"):
    font = get_font(findfont(FontProperties(family=STYLE["font.family"], weight=weight)))
    font.set_size(size, 72)
    font.set_text(text, 0.0)
    return font.get_width_height()[0] / 64


def shortened(text, width, size, weight="normal"):
    if text_width(text, size, weight) <= width:
        return text
    while text and text_width(text + "…", size, weight) > width:
        text = text[:-1]
    return text.rstrip() + "…"


@dataclasses.dataclass(frozen=True)
class Box:
    x: float
    y: float  # of its upper edge, from the top
    width: float
    height: float

    def inset(self, left=0.0, top=0.0, right=0.0, bottom=0.0):
        return Box(self.x + left, self.y + top, self.width - left - right, self.height - top - bottom)

    def columns(self, number, gap=0.0):
        width = (self.width - gap * (number - 1)) / number
        return [Box(self.x + (width + gap) * index, self.y, width, self.height) for index in range(number)]

    def lines(self, number):
        height = self.height / number
        return [Box(self.x, self.y + height * index, self.width, height) for index in range(number)]


class Sheet:
    """A figure on which places are points from the upper left corner."""

    def __init__(self, width, height, background):
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / 72, height / 72), facecolor=background)
        self._places = Affine2D().scale(1, -1).translate(0, height).scale(1 / 72) + self.figure.dpi_scale_trans

    def text(self, x, y, text, size=SMALL, colour=TEXT, **options):
        self.figure.text(x, y, text, size=size, color=colour, transform=self._places, **options)

    def rectangle(self, box, colour, edge="none", zorder=1.0):
        self.add(Rectangle((box.x, box.y), box.width, box.height, facecolor=colour, edgecolor=edge, linewidth=0.8,
                           zorder=zorder))  # fmt: skip

    def add(self, patch):
        patch.set_transform(self._places)
        self.figure.add_artist(patch)

    def axes(self, box):
        axes = self.figure.add_axes((0, 0, 1, 1), facecolor="none")
        self.move(axes, box)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, pad=4, labelsize=SMALL, labelcolor=MUTED)
        axes.set_axisbelow(True)
        return axes

    def move(self, axes, box):
        axes.set_position((box.x / self.width, 1 - (box.y + box.height) / self.height,
                           box.width / self.width, box.height / self.height))  # fmt: skip

    def svg(self):
        out = io.StringIO()
        self.figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
        return compact(out.getvalue())


def compact(svg):
    """The element alone, without what nobody sees: digits of places beyond the first, and the names of groups, which
    would be there twice in a page with two panels."""
    svg = "<svg" + svg.partition("<svg")[2]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)

    def rounded(attribute):
        return re.sub(r"-?\d+\.\d+", lambda number: f"{float(number.group()):.1f}".removesuffix(".0"),
                      attribute.group().replace("\n", "").replace(" L ", "L"))  # fmt: skip

    svg = re.sub(r'\b(?:d|x|y)="[^"]*"', rounded, svg)
    svg = re.sub(r' transform="rotate\(-?0 [^"]*"', "", svg)
    # What looks most like it where it is not installed.
    svg = svg.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    return re.sub(r"\n\s*", "\n", svg)
