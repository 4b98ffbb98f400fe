"""What identity looks like at the API."""

from pydantic import BaseModel, Field

from gesso.domain.identity.rules import Role, Scope


class Me(BaseModel):
    """Who is calling, and what the key in use allows."""

    id: str = Field(examples=["user_01jd3v8k2m5q7r9t1w3y5z7b9d"])
    email: str
    tenant_id: str
    role: Role
    scopes: list[Scope] = Field(description="What the key in use allows, in alphabetical order.")
    key_id: str = Field(description="The key in use.")
