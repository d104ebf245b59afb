"""What the hub says of a model before it is fetched."""

from typing import Any

from huggingface_hub import hf_hub_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)

from planner.bounded import parse_json, read_text
from planner.errors import UserError, WorldError


def read_index(name: str) -> dict[str, Any]:
    """The `model_index.json` of a model on the hub, from the cache where it is there.

    Raises `UserError` where the hub knows no such model, or it is no pipeline of diffusers, and `WorldError`
    where the hub can't be reached or wants a licence accepted.
    """
    try:
        content = parse_json(read_text(hf_hub_download(name, "model_index.json")))
    except GatedRepoError as error:
        raise WorldError(
            f"{name}: the hub wants its licence accepted: "
            f"visit https://huggingface.co/{name}, then `hf auth login`",
            "model",
        ) from error
    except RepositoryNotFoundError as error:
        raise UserError(
            f"{name}: the hub knows no such model, or it needs `hf auth login`", "model"
        ) from error
    except LocalEntryNotFoundError as error:  # it is an EntryNotFoundError too
        raise WorldError(f"{name}: can't be fetched from the hub (it can't be reached)", "model") from error
    except EntryNotFoundError as error:
        raise UserError(
            f"{name}: has no model_index.json, so it is no pipeline of diffusers", "model"
        ) from error
    except UserError:
        raise
    except Exception as error:  # every library that reads a part of it has faults of its own
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise WorldError(f"{name}: can't be fetched from the hub ({reason})", "model") from error
    return content if isinstance(content, dict) else {}
