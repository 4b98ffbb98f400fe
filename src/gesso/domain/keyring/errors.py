"""What the keyring refuses.

GessoError
├── Invalid
│   └── BadSecrets          422  not the parts that this provider's keys consist of
├── NotFound
│   └── NoSuchProviderKey   404
└── Conflict
    ├── LabelTaken          409  another key of this provider is called so
    ├── KeyInUse            409  jobs are at the provider under it, or it is not retired
    ├── KeyRetired          409  what is retired does not come back
    └── MasterKeyMissing    409  this machine cannot wrap anything for the others
"""

from gesso.infra.errors import Conflict, Invalid, NotFound


class BadSecrets(Invalid):
    """The parts given are not those that a key of this provider consists of."""

    code = "bad_secrets"


class NoSuchProviderKey(NotFound):
    """There is no key of a provider with this id."""

    code = "provider_key_not_found"


class LabelTaken(Conflict):
    """Another key of the provider has this label."""

    code = "label_taken"


class KeyInUse(Conflict):
    """The key is not retired, or jobs that were submitted with it are not finished."""

    code = "key_in_use"


class KeyRetired(Conflict):
    """The key was replaced or retired, and takes no new jobs any more."""

    code = "key_retired"


class MasterKeyMissing(Conflict):
    """This machine lacks the master key in force, or has one that others would not have."""

    code = "master_key_missing"
