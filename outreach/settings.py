"""What is in force, read once at the door and handed on; nothing else in the program reads the environment.

Where a value may come from, strongest first: a command-line option, the environment, `.env` in the current
folder, `config.toml` in `OUTREACH_HOME`, the default.
"""

import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Any, Literal

import platformdirs
from dotenv import dotenv_values
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from outreach.errors import Complaint
from tools.plain_json import storable_text

ENV_FILE = Path(".env")
TOML_NAME = "config.toml"
_ONE_CLICK = re.compile(r"https://[A-Za-z0-9][!#-;=?-Z_a-z~%]*\{id\}[!#-;=?-Z_a-z~%]*")
"""An address that may stand in a header: RFC 8058 asks for https, and `{id}` says whom it is about."""


def default_home() -> Path:
    """The per-user data folder of this platform."""
    return Path(platformdirs.user_data_path("outreach-command-center", appauthor=False))


def find_home(environ: dict[str, str] | None = None) -> Path:
    """`OUTREACH_HOME` must be known before `config.toml` inside it can be read."""
    env = os.environ if environ is None else environ
    named = env.get("OUTREACH_HOME") or _env_file().get("OUTREACH_HOME")
    return Path(named).expanduser().absolute() if named else default_home()


def _named(field: str, *more: str) -> AliasChoices:
    return AliasChoices(f"outreach_{field}", *more, field)


def _env_file() -> dict[str, str | None]:
    """What `.env` in the current folder says. Raises Complaint where it is no text."""
    try:
        return dotenv_values(ENV_FILE)
    except UnicodeDecodeError as exc:
        what = f"{ENV_FILE.absolute()} is not UTF-8 text (byte {exc.start})."
        raise Complaint(what, "Save it as UTF-8, or remove it.") from exc


class Settings(BaseSettings):
    """Every setting of the program. The environment's name of each is `OUTREACH_` and the field's name in capitals,
    except for `OPENAI_API_KEY`, `OPENAI_BASE_URL` and `OTEL_EXPORTER_OTLP_ENDPOINT`, which keep the names that other
    programs use."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        case_sensitive=False,
        env_ignore_empty=True,
    )

    home: Path = Field(default_factory=find_home, validation_alias=_named("home"))
    database_url: str = Field(default="", validation_alias=_named("database_url"))
    checkpoint_url: str = Field(default="", validation_alias=_named("checkpoint_url"))
    model: str = Field(default="rules", validation_alias=_named("model"))
    openai_api_key: SecretStr | None = Field(default=None, validation_alias=AliasChoices("openai_api_key"))
    openai_base_url: str | None = Field(default=None, validation_alias=AliasChoices("openai_base_url"))
    user: str = Field(default="", validation_alias=_named("user"))
    playbook: str = Field(default="sports-lighting", validation_alias=_named("playbook"))
    smtp_url: SecretStr | None = Field(default=None, validation_alias=_named("smtp_url"))
    imap_url: SecretStr | None = Field(default=None, validation_alias=_named("imap_url"))
    web: bool = Field(default=False, validation_alias=_named("web"))
    search_url: str = Field(default="", validation_alias=_named("search_url"))
    web_cache: Path | None = Field(default=None, validation_alias=_named("web_cache"))
    web_contact: str = Field(default="", validation_alias=_named("web_contact"))
    web_loopback: str = Field(default="", validation_alias=_named("web_loopback"))
    sent_folder: str | None = Field(default=None, validation_alias=_named("sent_folder"))
    sent_copy: Literal["append", "server"] = Field(default="append", validation_alias=_named("sent_copy"))
    unsubscribe_url: str | None = Field(default=None, validation_alias=_named("unsubscribe_url"))
    dkim_selector: str | None = Field(default=None, validation_alias=_named("dkim_selector"))
    dkim_domain: str | None = Field(default=None, validation_alias=_named("dkim_domain"))
    dkim_key_file: Path | None = Field(default=None, validation_alias=_named("dkim_key_file"))
    log_format: Literal["console", "json"] = Field(default="console", validation_alias=_named("log_format"))
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", validation_alias=_named("log_level")
    )
    otel: bool | None = Field(default=None, validation_alias=_named("otel"))
    otel_exporter_otlp_endpoint: str | None = Field(
        default=None, validation_alias=AliasChoices("otel_exporter_otlp_endpoint")
    )
    concurrency: int = Field(default=8, ge=1, le=256, validation_alias=_named("concurrency"))
    model_timeout_s: float = Field(default=60.0, gt=0, validation_alias=_named("model_timeout_s"))
    model_attempts: int = Field(default=4, ge=1, le=20, validation_alias=_named("model_attempts"))
    model_max_output_tokens: int = Field(default=1200, ge=64, validation_alias=_named("model_max_output_tokens"))
    model_temperature: float | None = Field(default=None, ge=0, le=2, validation_alias=_named("model_temperature"))
    max_calls: int | None = Field(default=None, ge=1, validation_alias=_named("max_calls"))
    max_tokens: int | None = Field(default=None, ge=1, validation_alias=_named("max_tokens"))
    max_cost_usd: float | None = Field(default=None, gt=0, validation_alias=_named("max_cost_usd"))
    price_in: float | None = Field(default=None, ge=0, validation_alias=_named("price_in"))
    price_cached: float | None = Field(default=None, ge=0, validation_alias=_named("price_cached"))
    price_out: float | None = Field(default=None, ge=0, validation_alias=_named("price_out"))

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        if isinstance(value, str) and storable_text(value) != value:
            raise ValueError("it holds a NUL, or bytes that are no UTF-8 text")
        return value

    @field_validator("unsubscribe_url", mode="after")
    @classmethod
    def _one_click(cls, value: str | None) -> str | None:
        if value is not None and not _ONE_CLICK.fullmatch(value):
            raise ValueError("it must be an https:// address with {id} in it, such as https://firm.example/stop/{id}")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the signature is the library's)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls, find_home() / TOML_NAME)
        return init_settings, env_settings, dotenv_settings, toml

    def effective_database_url(self) -> str:
        """The database: as set, else the SQLite file under the home folder."""
        return self.database_url or f"sqlite:///{self.home / 'outreach.db'}"

    def effective_checkpoint_url(self) -> str:
        """The checkpoints: as set, else PostgreSQL where the tables are there, else an SQLite file of their own."""
        if self.checkpoint_url:
            return self.checkpoint_url
        url = self.effective_database_url()
        return url if url.startswith("postgresql") else f"sqlite:///{self.home / 'checkpoints.db'}"

    def traced(self) -> bool:
        """Whether spans of the agents' steps are sent: as set, else where an endpoint for them is."""
        return self.otel if self.otel is not None else self.otel_exporter_otlp_endpoint is not None

    def effective_web_cache(self) -> Path:
        """Where fetched pages are kept: as set, else a folder in the home folder."""
        return (self.web_cache or self.home / "web-cache").expanduser().absolute()

    def own_playbooks(self) -> Path:
        """Where the playbooks of your own stand, one folder each."""
        return self.home / "playbooks"

    def actor(self) -> str:
        """The person at the command line, as `audit_log.changed_by` names them."""
        return f"user:{self.user}" if self.user else "user"


ENV_NAMES = {
    name: f"OUTREACH_{name}".upper() if not name.startswith(("openai_", "otel_")) else name.upper()
    for name in Settings.model_fields
}


def load_settings(**overrides: Any) -> Settings:
    """Reads the settings; raises Complaint, naming the setting at fault and where it is set, when one is wrong."""
    home = overrides.get("home")
    if home is not None:
        os.environ["OUTREACH_HOME"] = str(Path(home).expanduser().absolute())
    _env_file()  # refused here, with a word on what it is, and not where its first value is wanted
    toml = find_home() / TOML_NAME
    try:
        unknown = _unknown_keys(toml)
        settings = Settings(**overrides)
    except ValidationError as exc:
        first = exc.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        field = name.lower().removeprefix("outreach_")
        where = "command line" if field in overrides else origin(field)
        raise Complaint(
            f"The setting {ENV_NAMES.get(field, name)} is wrong ({where}): {first['msg']}.",
            "Correct it there; `outreach config` shows what is in force.",
            code=2 if field in overrides else 1,
        ) from exc
    if unknown:
        raise Complaint(
            f"{toml} has settings that do not exist: {', '.join(sorted(unknown))}.",
            "Known are: " + ", ".join(sorted(Settings.model_fields)) + ".",
        )
    _know_own_playbooks(settings.own_playbooks())
    return settings


def _know_own_playbooks(folder: Path) -> None:
    """Every door of the program reads the settings, so none can miss the playbooks that are yours."""
    if folder.is_dir() or "playbooks" in sys.modules:  # start-up stays light where there are none
        from playbooks import use_own

        use_own(folder)


def _unknown_keys(toml: Path) -> set[str]:
    known = set(Settings.model_fields)
    return {key for key in _toml_keys(toml) if key.lower().removeprefix("outreach_") not in known}


def _toml_keys(toml: Path) -> set[str]:
    """What `config.toml` sets. Raises Complaint where it cannot be read."""
    if not toml.exists():
        return set()
    try:
        with toml.open("rb") as file:
            return set(tomllib.load(file))
    except (ValueError, RecursionError) as exc:  # tomllib's own, no UTF-8, 5,000 digits; thousands of brackets
        raise Complaint(f"{toml} is not valid TOML: {exc}", "Mend the line it names, or remove the file.") from exc


def origin(field: str) -> str:
    """Where the value of a setting came from: 'environment', '.env', the TOML file's path, or 'default'."""
    name = ENV_NAMES.get(field, field)
    if os.environ.get(name):
        return "environment"
    if any(key.upper() == name and value for key, value in _env_file().items()):
        return ".env"
    toml = find_home() / TOML_NAME
    if field in {key.lower().removeprefix("outreach_") for key in _toml_keys(toml)}:
        return str(toml)
    return "default"
