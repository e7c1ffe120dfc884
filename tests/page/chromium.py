"""A real headless Chromium, driven through its DevTools protocol: no package is needed for it.

It knows nothing of the wallboard: pages, keys, expressions, and what the browser complained about.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "The page tests need a Chromium browser and found none of: "
    + ", ".join(NAMES)
    + ". On Debian: apt-get install chromium"
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
# Long enough for a loaded machine; a passing test never waits for it.
PATIENCE_S = 30.0
# Written into every document before its own scripts: violations that the console might not show.
WATCH_POLICY = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
  (event) => window.violations.push(event.violatedDirective + " " + event.blockedURI));
"""

KEY_CODES = {"Tab": 9, "Enter": 13, "Escape": 27}

Json = dict[str, Any]


def executable() -> str:
    """The path of an installed Chromium; FileNotFoundError naming the Debian package."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError(MISSING)


class Page:
    """One tab with its own storage: the URLs it asked for, and its errors and warnings."""

    def __init__(self, browser: Browser, session: str, context: str) -> None:
        self.browser = browser
        self.session = session
        self.context = context
        self.requests: list[str] = []
        self.complaints: list[str] = []

    async def send(self, method: str, **params: Any) -> Json:
        return await self.browser.send(method, self.session, **params)

    def hear(self, method: str, params: Json) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(json.dumps(params["args"]))
        elif method == "Log.entryAdded":
            self.complaints.append(f"{params['entry']['source']}: {params['entry']['text']}")

    async def before(self, script: str) -> None:
        """Runs the script in every document from now on, before the document's own."""
        await self.send("Page.addScriptToEvaluateOnNewDocument", source=script)

    async def goto(self, url: str) -> None:
        """Opens the address anew, even where only its fragment differs from the present one."""
        await self.send("Page.navigate", url="about:blank")
        await self.send("Page.navigate", url=url)
        await self.until(f"document.readyState === 'complete' && location.href.startsWith({url!r})")

    async def run(self, expression: str) -> Any:
        """The value of an expression (a promise is awaited); AssertionError if it throws."""
        answer = await self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Waits until the expression is truthy and returns its value; an element counts as true."""
        value = None
        asked = f"((found) => found instanceof Node || found)({expression})"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while not value:
                    with contextlib.suppress(AssertionError):
                        value = await self.run(asked)
                    await asyncio.sleep(0.02)
        assert value, f"never became true: {expression}\n{self.complaints}"
        return value

    async def text(self, selector: str) -> str:
        found = await self.run(f"document.querySelector({json.dumps(selector)}).textContent")
        return str(found)

    async def click(self, selector: str) -> None:
        await self.run(f"document.querySelector({json.dumps(selector)}).click()")

    async def press(self, key: str) -> None:
        told: Json = {"windowsVirtualKeyCode": KEY_CODES.get(key, 0)}
        if len(key) == 1 or key == "Enter":
            told["text"] = "\r" if key == "Enter" else key
        await self.send("Input.dispatchKeyEvent", type="keyDown", key=key, **told)
        await self.send("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def size(self, width: int, height: int, *, phone: bool = False) -> None:
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )

    async def screenshot(self) -> bytes:
        answer = await self.send("Page.captureScreenshot", format="png")
        return base64.b64decode(answer["data"])

    async def close(self) -> None:
        await self.browser.send("Target.disposeBrowserContext", browserContextId=self.context)


class Browser:
    """A running Chromium with a fresh profile; `close` ends it and removes the profile."""

    def __init__(self, process: asyncio.subprocess.Process, profile: Path) -> None:
        self.process = process
        self.profile = profile
        self.pages: dict[str, Page] = {}
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Json]] = {}

    @classmethod
    async def start(cls) -> Browser:
        profile = Path(tempfile.mkdtemp(prefix="hotline-page-"))
        process = await asyncio.create_subprocess_exec(
            executable(),
            *FLAGS,
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        browser = cls(process, profile)
        try:
            await browser._connect()
        except BaseException:
            await browser.close()
            raise
        return browser

    async def _connect(self) -> None:
        written = self.profile / "DevToolsActivePort"
        async with asyncio.timeout(PATIENCE_S):
            while not written.exists() or written.read_text().count("\n") < 1:
                assert self.process.returncode is None, "Chromium ended while starting"
                await asyncio.sleep(0.05)
        port, path = written.read_text().split("\n")[:2]
        self._http = aiohttp.ClientSession()
        self._socket = await self._http.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0)
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told)
            elif page := self.pages.get(told.get("sessionId", "")):
                page.hear(told["method"], told["params"])

    async def send(self, method: str, session: str | None = None, **params: Any) -> Json:
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        route = {"sessionId": session} if session else {}
        await self._socket.send_json({"id": number, "method": method, "params": params, **route})
        told = await asyncio.wait_for(answer, PATIENCE_S)
        assert "error" not in told, (method, told["error"])
        result: Json = told["result"]
        return result

    async def page(self) -> Page:
        context = (await self.send("Target.createBrowserContext"))["browserContextId"]
        target = await self.send("Target.createTarget", url="about:blank", browserContextId=context)
        attached = await self.send(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        page = Page(self, attached["sessionId"], context)
        self.pages[page.session] = page
        for domain in ("Page", "Runtime", "Log", "Network"):
            await page.send(f"{domain}.enable")
        await page.before(WATCH_POLICY)
        await page.size(1920, 1080)
        return page

    async def close(self) -> None:
        if hasattr(self, "_socket"):
            self._reader.cancel()
            await self._socket.close()
            await self._http.close()
        if self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 5)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)
