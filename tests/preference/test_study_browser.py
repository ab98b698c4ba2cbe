"""The page in a real browser: a study is answered with clicks and with keys, through a crash and reloads."""

import csv
import shutil
import time

import pytest
from study_toys import Server, made, write_plan

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs Chromium and its driver: apt-get install chromium chromium-driver"
)


@pytest.fixture(scope="module")
def browser():
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def study(tmp_path):
    plan = write_plan(tmp_path / "plan", items=3, per_participant=3)
    made(plan, tmp_path / "study")
    return tmp_path / "study"


class Page:
    """What a person does with the page."""

    def __init__(self, browser, address):
        self.browser = browser
        browser.get(address)

    def find(self, selector):
        return self.browser.find_element("css selector", selector)

    def shown(self, selector):
        return self.find(selector).is_displayed()

    def until(self, condition, seconds=40):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.03)
        raise AssertionError(f"did not happen; the page says: {self.find('body').text}")

    def start(self):
        self.until(lambda: self.shown("#welcome"))
        assert not self.find("#start").is_enabled()
        self.find("#agree").click()
        self.find("#start").click()
        self.until(lambda: self.shown("#trial"))

    def watched(self, side):
        return "watched" in self.find(f"#{side}").get_attribute("class").split()

    def wanted(self):
        """The side that an attentive person who likes the left takes."""
        return "right" if "the right" in self.find("#prompt").text else "left"

    def count(self):
        return self.find("#count").text

    def after(self, act):
        """Acts, and waits until the page has gone on."""
        before = self.count()
        act()
        self.until(lambda: self.count() != before)
        if self.shown("#rest"):
            self.find("#go-on").click()

    def click_through(self, sides=("left", "right")):
        for side in sides:
            assert not self.find("#left .choose").is_enabled()
            assert not self.find("#next").is_enabled()
            self.find(f"#{side} .play").click()
            self.until(lambda side=side: self.watched(side))
        self.find(f"#{self.wanted()} .choose").click()

    def press(self, *keys):
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.browser).send_keys(*keys).perform()


def rows(study):
    with (study / "answers.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_study_is_answered_with_clicks_while_the_server_is_killed(browser, study, visavis, tmp_path):
    browser.set_window_size(1280, 900)
    server = Server(study)
    try:
        page = Page(browser, f"{server.address}?code=anna")
        page.start()
        assert page.find("#said").text == f"“{_text(page)}”"  # as written, not as HTML
        page.click_through()
        page.after(lambda: _double_click(page))
        page.click_through()

        server.kill()
        page.find("#next").click()
        page.until(lambda: page.shown("#trouble"))
        assert "not responding" in page.find("#trouble").text
        server = Server(study, port=server.port)
        page.until(lambda: page.count().startswith("2 "))
        assert not page.shown("#trouble")
        if page.shown("#rest"):
            page.find("#go-on").click()

        browser.refresh()
        page.until(lambda: page.shown("#trial") or page.shown("#rest"))
        assert page.count().startswith("2 ")
        if page.shown("#rest"):
            page.find("#go-on").click()
        while not page.shown("#thanks"):
            page.click_through()
            page.after(lambda: page.find("#next").click())
        assert page.find("#own-code").text == "anna"
        expected = ("ERR_CONNECTION", "api/state?code=anna")  # the crash, and a code that was new
        log = [entry["message"] for entry in browser.get_log("browser")]
        assert not [line for line in log if not any(text in line for text in expected)]
    finally:
        server.stop()
    stored = rows(study)
    assert [int(row["trial"]) for row in stored] == list(range(6))
    assert {row["passed"] for row in stored} == {"1", ""}
    assert all(float(row["seconds"]) > 0.7 for row in stored)  # two videos of 0.4 s
    code, shown, err = visavis("study", "report", study, "-o", tmp_path / "report")
    assert code == 0, err
    assert "1 people started; the answers of 1 count, 1 of whom finished" in shown
    assert "3 of 12 answers to pairs" in shown


def test_a_study_is_answered_with_keys_on_a_small_screen(browser, study):
    from selenium.webdriver.common.keys import Keys

    browser.set_window_size(500, 800)
    server = Server(study)
    try:
        page = Page(browser, server.address)
        page.start()
        assert "code=" in browser.current_url
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        while not page.shown("#thanks"):
            page.press(Keys.ARROW_LEFT, Keys.ENTER)  # too early
            page.press("1")
            page.until(lambda: page.watched("left"))
            page.press(Keys.ARROW_LEFT, Keys.ENTER)  # still too early
            page.press("2")
            page.until(lambda: page.watched("right"))
            page.find("#right .play").click()  # once more, which must not keep Enter to itself
            page.until(lambda: "playing" not in page.find("#right").get_attribute("class"))
            page.press(Keys.ARROW_LEFT if page.wanted() == "left" else Keys.ARROW_RIGHT)
            page.after(lambda: page.press(Keys.ENTER))
    finally:
        assert server.stop() == 0
    stored = rows(study)
    assert [int(row["trial"]) for row in stored] == list(range(6))
    assert {(row["plays_left"], row["plays_right"]) for row in stored} == {("1", "2")}
    assert {row["passed"] for row in stored} == {"1", ""}


def _double_click(page):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(page.browser).double_click(page.find("#next")).perform()


def _text(page):
    number = page.find("#said").text.split()[2]
    return f"Words number {number} <b>& more</b>."


def test_whoever_comes_when_many_start_is_let_in_a_little_later(browser, study):
    soon = "from visavis.preference.forced_choice import register\nregister.NEW_FOR = register.NOT_BEGUN = 3.0"
    server = Server(study, "--per-address", "1", before=soon)
    try:
        assert server.json("POST", "/api/join", {"code": "first", "consent": True})[0] == 200
        page = Page(browser, server.address)
        page.until(lambda: page.shown("#welcome"))
        assert "sound" in page.find("#welcome").text  # the speakers are heard
        page.find("#agree").click()
        page.find("#start").click()
        page.until(lambda: page.shown("#trouble"))
        assert "will start as soon as it can" in page.find("#trouble").text
        page.until(lambda: page.shown("#trial"))
        assert not page.shown("#trouble")
    finally:
        server.stop()


def test_speaker_and_listener_play_together(browser, tmp_path):
    browser.set_window_size(1280, 900)
    plan = write_plan(tmp_path / "plan", items=1, seconds=4.0)
    study = tmp_path / "study"
    made(plan, study)
    server = Server(study)
    try:
        page = Page(browser, server.address)
        page.start()
        page.find("#right .play").click()

        def together():
            """Whether both run, and none is ahead by more than is noticed; a slow start is caught up with."""
            speaker, left, right = browser.execute_script(
                "return [...document.querySelectorAll('video')].map(v => v.paused || v.ended ? null : v.currentTime)"
            )
            assert left is None
            return speaker is not None and right is not None and abs(speaker - right) < 0.15

        page.until(together)
        assert browser.execute_script("return document.querySelector('#right video').muted")
        assert not browser.execute_script("return document.querySelector('#speaker-video').muted")
    finally:
        server.stop()
    assert not rows(study)
