"""A visitor without a browser who speaks with the real server: websocket and upload address."""

from __future__ import annotations

import json
import uuid
from typing import Any, Self

import httpx2
from streamlit.components.v2.bidi_component.constants import EVENT_DELIM
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX
from websockets.sync.client import connect

PATIENCE = 600


class Client:
    """One session. What the page says is in ``texts`` after each run, its address in ``query``."""

    def __init__(self, address: str, page: str = "", query: str = "") -> None:
        self._page, self.query = page, query
        # A browser asks again where the server has just closed an idle connection; this client opens anew.
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._http = httpx2.Client(base_url=address, timeout=PATIENCE, limits=limits)
        self._http.get("/_stcore/health").raise_for_status()  # sets the cookie
        cookies = "; ".join(f"{name}={value}" for name, value in self._http.cookies.items())
        self._socket = connect(
            f"{address.replace('http', 'ws')}/_stcore/stream",
            subprotocols=["streamlit"],
            additional_headers={"Cookie": cookies},
            origin=address,
            max_size=None,
            ping_interval=None,  # a browser sends none
        )
        self._uploader = ""
        self._components: dict[str, str] = {}
        self._downloads: list[str] = []
        self.texts: list[str] = []
        self.run()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._http.close()

    def run(self, *states: WidgetState) -> list[str]:
        """Let the page run with these widgets; return its texts."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self._page
        message.rerun_script.context_info.url = str(self._http.base_url.join(self._page))
        message.rerun_script.widget_states.widgets.extend(states)
        self._socket.send(message.SerializeToString())
        self.texts, self._downloads = [], []
        while True:
            answer = self._receive()
            kind = answer.WhichOneof("type")
            if kind == "delta" and answer.delta.HasField("new_element"):
                self._read(answer.delta.new_element)
            # A run that was cut short is followed by another at once.
            elif kind == "script_finished" and answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return self.texts

    def upload(self, name: str, data: bytes) -> list[str]:
        """Send a file as the browser does; return the texts of the page that follows."""
        request = BackMsg()
        request.file_urls_request.request_id = uuid.uuid4().hex
        request.file_urls_request.file_names.append(name)
        self._socket.send(request.SerializeToString())
        while (answer := self._receive()).WhichOneof("type") != "file_urls_response":
            pass
        urls = answer.file_urls_response.file_urls[0]
        token = self._http.cookies.get("_streamlit_xsrf", "")
        files = {name: (name, data, "application/octet-stream")}
        self._http.put(urls.upload_url, files=files, headers={"X-Xsrftoken": token}).raise_for_status()
        state = WidgetState(id=self._uploader)
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.file_id, info.name, info.size = urls.file_id, name, len(data)
        info.file_urls.CopyFrom(urls)
        return self.run(state)

    def sent(self, key: str) -> Any:
        """What a component of ours got, by its key."""
        return json.loads(next(sent for name, sent in self._components.items() if name.endswith(f"-{key}")))

    def send_back(self, key: str, event: str, value: object) -> list[str]:
        """Send what the script of a component sends, as the browser does; return the texts of the page."""
        name = next(name for name in self._components if name.endswith(f"-{key}"))
        trigger = WidgetState(id=f"{STREAMLIT_INTERNAL_KEY_PREFIX}_{name}{EVENT_DELIM}events")
        trigger.json_trigger_value = json.dumps([{"event": event, "value": value}])
        return self.run(WidgetState(id=name, json_value="{}"), trigger)

    def download(self) -> str:
        """Return the text of the only file that the page offers."""
        (address,) = self._downloads
        answer = self._http.get(address)
        answer.raise_for_status()
        return answer.text

    def _receive(self) -> ForwardMsg:
        message = ForwardMsg()
        message.ParseFromString(self._socket.recv(timeout=PATIENCE))
        if message.WhichOneof("type") == "page_info_changed":
            self.query = message.page_info_changed.query_string
        return message

    def _read(self, element) -> None:
        kind = element.WhichOneof("type")
        if kind == "file_uploader":
            self._uploader = element.file_uploader.id
        elif kind == "bidi_component":
            self._components[element.bidi_component.id] = element.bidi_component.json
        elif kind == "download_button":
            self._downloads.append(element.download_button.url)
        elif kind in ("heading", "markdown", "alert", "exception"):
            body = getattr(element, kind)
            self.texts.append(body.message if kind == "exception" else body.body)
