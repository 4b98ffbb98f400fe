"""What tenants and their people look like at the API."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gesso.domain.identity import Role, Tenant, User, UserFilters
from gesso.kit.ids import public_id

Status = Literal["active", "disabled"]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Email = Annotated[str, Field(min_length=3, max_length=254, examples=["anna@example.org"])]


class UserOut(BaseModel):
    """Somebody, and how they stand."""

    id: str = Field(examples=["user_01jd3v8k2m5q7r9t1w3y5z7b9d"])
    email: str
    role: Role
    status: Status
    created_at: datetime


class UserIn(BaseModel):
    """Somebody to be taken in."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    role: Role = Role.USER


class UserChange(BaseModel):
    """What is to be otherwise."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    status: Status | None = Field(None, description="Keys and sessions of `disabled` ones end.")

    @model_validator(mode="after")
    def _something(self) -> "UserChange":
        if self.role is None and self.status is None:
            raise ValueError("name a role or a status")
        return self


class UserQuery(BaseModel):
    """`?search=…&role=…&status=…`; the last two may be given more than once."""

    search: str | None = Field(None, max_length=254, description="A part of the address.")
    role: tuple[Role, ...] = Field((), max_length=4)
    status: tuple[Status, ...] = Field((), max_length=2)

    def filters(self) -> UserFilters:
        """The same as the room of identity takes it."""
        return UserFilters(self.search, [role.value for role in self.role], self.status)


class TenantOut(BaseModel):
    """An organisation."""

    id: str = Field(examples=["tenant_01jd3v8k2m5q7r9t1w3y5z7b9d"])
    name: str
    created_at: datetime
    closed_at: datetime | None = Field(description="Since when nobody comes in any more.")


class TenantIn(BaseModel):
    """An organisation to be made, and whom to make its first owner."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    owner: Email | None = Field(None, description="Who may appoint the others.")


class TenantChange(BaseModel):
    """Another name."""

    model_config = ConfigDict(extra="forbid")

    name: Name


def user_out(user: User) -> UserOut:
    """The user as admins see them."""
    return UserOut(
        id=public_id("user", user.id),
        email=user.email,
        role=Role(user.role),
        status=user.status,  # type: ignore[arg-type]  # checked by the database
        created_at=user.created_at,
    )


def tenant_out(tenant: Tenant) -> TenantOut:
    """The tenant as the house sees it."""
    return TenantOut(
        id=public_id("tenant", tenant.id),
        name=tenant.name,
        created_at=tenant.created_at,
        closed_at=tenant.closed_at,
    )
