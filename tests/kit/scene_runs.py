"""What the tests of bench/lab's scenes share: runs of one, and what holds of every report."""
import html.parser
import json
import os
import re
import shutil
import subprocess
import unittest

from . import processes
from .pgweir import ROOT, binary

LAB = ROOT / "bench" / "lab"
PATIENCE = 600  # seconds
TO_BE_LOADED = {"src", "href", "xlink:href", "action", "poster", "data", "srcset"}


class Page(html.parser.HTMLParser):
    """What a browser would fetch, and what it would run."""

    def __init__(self, text):
        super().__init__()
        self.wanted = re.findall(r"url\((?!#)[^)]*\)|@import[^;]*", text)
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.wanted += [value for name, value in attributes if name in TO_BE_LOADED and not value.startswith("#")]


class SceneCase(unittest.TestCase):
    maxDiff = None
    scene = None  # its name

    @classmethod
    def start(cls, *arguments, program=None):
        """(process, the directory of its report)"""
        output = processes.temporary_directory(cls.scene)
        environment = os.environ | {"PGWEIR_BINARY": str(program or binary()), "http_proxy": "http://127.0.0.1:1"}
        process = processes.start([LAB, cls.scene, "--quick", "--output", output, *arguments], env=environment,
                                  text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        return process, output

    @classmethod
    def end(cls, process):
        """(exit code, what it printed)"""
        text, _ = process.communicate(timeout=PATIENCE)
        processes.finish(process)
        return process.returncode, text


class ShortRunTests:
    """Of a SceneCase."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        process, cls.output = cls.start()
        cls.addClassCleanup(shutil.rmtree, cls.output, ignore_errors=True)
        cls.code, cls.text = cls.end(process)
        cls.found = json.loads((cls.output / "report.json").read_text())

    def results(self):
        """Of self.found, one for each row of the report's tables."""
        raise NotImplementedError

    def test_every_claim_holds(self):
        self.assertEqual(self.code, 0, self.text)
        self.assertEqual(self.found["broken"], [])
        self.assertFalse((self.output / "evidence").exists())

    def test_the_three_reports_say_the_same(self):
        markdown = (self.output / "report.md").read_text()
        page = (self.output / "report.html").read_text()
        rows = [line for line in markdown.splitlines() if re.match(r"\| (directly|through|a pgweir|with)", line)]
        self.assertEqual(len(rows), len(self.results()))
        for row in rows:
            cells = "".join(f"<td>{cell.strip()}</td>" for cell in row.strip("|").split("|"))
            self.assertIn(cells, page)
        self.assertIn(markdown, self.text)

    def test_the_page_asks_nobody_for_anything(self):
        page = Page((self.output / "report.html").read_text())
        self.assertEqual(page.wanted, [])
        self.assertNotIn("script", page.tags)
        self.assertIn("svg", page.tags)

    def test_progress_names_each_step(self):
        steps = re.findall(r"^\[ *(\d+)/(\d+), +\d+ s\] ", self.text, re.MULTILINE)
        self.assertEqual([int(number) for number, _ in steps], list(range(1, len(steps) + 1)))
        self.assertEqual(int(steps[-1][1]), len(steps))
