"""Debian's Chromium without a window, driven through its driver: what a page shows and says."""

import contextlib
import json
import os
import shutil
import subprocess
import time

import pytest
from selenium import webdriver
from selenium.webdriver import ActionChains
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

PACKAGES = ("chromium", "chromium-driver")
PROGRAMS = ("chromium", "chromedriver")
SECONDS = 120  # that any one wait may take: other tests run beside


class Unavailable(Exception):
    """Why there is no browser here."""


def install():
    """Install Debian's packages where the browser is missing; raise Unavailable where it can't."""
    if all(map(shutil.which, PROGRAMS)):
        return
    wanted = f"apt-get install {' '.join(PACKAGES)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Unavailable(f"no Chromium with its driver here; as root: {wanted}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in ("update", f"install -y --no-install-recommends {' '.join(PACKAGES)}"):
        command = ["apt-get", "-q", *step.split()]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{wanted} fails: {done.stderr[-300:]}")


@contextlib.contextmanager
def started():
    """Give a browser; skip where there can be none, unless $REQUIRE_CHROMIUM is set."""
    try:
        install()
    except Unavailable as reason:
        assert "REQUIRE_CHROMIUM" not in os.environ, f"the page must be tested here: {reason}"
        pytest.skip(str(reason))
    browser = Browser()
    try:
        yield browser
    finally:
        browser.close()


class Browser:
    """One page in a browser."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
            options.add_argument(f"--{argument}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(
            options=options, service=Service(shutil.which("chromedriver"))
        )
        self.driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
        self.resize(1280)

    def resize(self, width, height=1000):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def go(self, address):
        self.driver.get("about:blank")
        self.driver.get(str(address))

    def open(self, address):
        self.go(address)
        self.drawn()

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def drawn(self):
        self.until(
            lambda: self.run("return document.documentElement.dataset.drawn"), "planes drawn"
        )

    def until(self, true, what):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if found := true():
                return found
            time.sleep(0.05)
        raise AssertionError(f"{what}: not within {SECONDS} s")

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def every(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.one(selector).get_property("innerText")

    def marks(self):
        """Return the marks of the planes by what is read out of each; the lowest on top."""
        found = self.every("#planes .mark-symbol path[aria-label]")
        return {mark.get_attribute("aria-label"): mark for mark in found}

    def point(self, element):
        # An element that is moved to lies in view, whatever is beside it.
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        ActionChains(self.driver, duration=20).move_to_element(element).perform()

    def click(self, element):
        self.point(element)
        ActionChains(self.driver, duration=20).click().perform()

    def press(self, *keys):
        ActionChains(self.driver, duration=20).send_keys(*keys).perform()

    def said(self):
        """Return what was written to the console since it was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """Return the addresses that were asked for since they were last asked."""
        events = [
            json.loads(each["message"])["message"] for each in self.driver.get_log("performance")
        ]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def close(self):
        self.driver.quit()
