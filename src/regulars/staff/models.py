"""The tables of the staff."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac
from rules.permissions import has_perm

from regulars.kit.ids import new_id
from regulars.staff.contracts import Role


class Accounts(BaseUserManager["Account"]):
    """Finds accounts by what people sign in with."""

    def get_by_natural_key(self, username: str | None) -> Account:
        """Return the account with this e-mail address, whatever the case it is typed in."""
        return self.get(email=(username or "").strip().lower())


class Account(AbstractBaseUser):
    """A person of the staff, who signs in with an e-mail address."""

    id = models.UUIDField(primary_key=True, default=new_id)
    email = models.EmailField(unique=True)
    name = models.TextField()
    role = models.TextField(choices=[(role.value, role.value) for role in Role])
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=8, default="en")
    created_at = models.DateTimeField()
    # Counts how often all sessions were ended at once; a session holds a hash over it.
    session_round = models.PositiveIntegerField(default=0)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = Accounts()

    class Meta:
        db_table = "staff_account"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]), name="staff_account_role"
            )
        ]

    def has_perm(self, permission: str, obj: object = None) -> bool:
        """Tell whether this person may do something, by `staff.permissions`."""
        return bool(has_perm(permission, self, obj))

    def get_session_auth_hash(self) -> str:
        """Return what each session must hold to be good: another password ends them, and so does another round."""
        held = f"{self.session_round}:{self.password}"
        return salted_hmac("regulars.staff.session", held, algorithm="sha256").hexdigest()


class Policy(models.Model):
    """What holds for all of the staff: one row, or none before somebody has chosen."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    second_factor_required = models.BooleanField(default=False)

    class Meta:
        db_table = "staff_policy"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="staff_policy_one_row")]


class ApiKey(models.Model):
    """A key of a program."""

    id = models.UUIDField(primary_key=True)
    name = models.TextField()
    # The part of the key that may be shown, and that finds its row.
    prefix = models.TextField(unique=True)
    # The key has 256 random bits; a plain hash of it cannot be guessed backwards.
    digest = models.BinaryField()
    scopes = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.TextField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_on = models.DateTimeField(null=True)

    class Meta:
        db_table = "staff_api_key"


class Invitation(models.Model):
    """Somebody asked to join the staff."""

    id = models.UUIDField(primary_key=True)
    email = models.EmailField()
    role = models.TextField()
    # The link's secret has 256 random bits; a plain hash of it cannot be guessed backwards.
    digest = models.BinaryField(unique=True)
    invited_by = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "staff_invitation"


class AuditEntry(models.Model):
    """Something that somebody did. Never changed and never deleted by the application."""

    append_only = True

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    actor = models.TextField()
    action = models.TextField()
    object_kind = models.TextField()
    object_id = models.TextField()
    details = models.JSONField()
    transaction = models.BigIntegerField(db_default=models.Func(function="stream_transaction"))
    position = models.BigIntegerField(db_default=models.Func(models.Value("staff_audit_position"), function="nextval"))

    class Meta:
        db_table = "staff_audit_entry"
        indexes = [
            models.Index(fields=["transaction", "position"], name="staff_audit_order"),
            # Each in the order in which the trail is read, so that a page of it reads no more than it shows.
            models.Index(fields=["object_kind", "object_id", "transaction", "position"], name="staff_audit_of_object"),
            models.Index(fields=["actor", "transaction", "position"], name="staff_audit_of_actor"),
            models.Index(fields=["action", "transaction", "position"], name="staff_audit_of_action"),
        ]


class AuditSeal(models.Model):
    """A seal over the entries after the seal before it: its digest covers their leaves and that seal's digest."""

    append_only = True

    number = models.BigIntegerField(primary_key=True)
    transaction = models.BigIntegerField()
    position = models.BigIntegerField()
    entries = models.BigIntegerField()
    # One short hash per entry, so that the first wrong one can be named.
    leaves = models.BinaryField()
    digest = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "staff_audit_seal"


class SavedView(models.Model):
    """A list as somebody has asked for it, under a name; its own, or everybody's."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    section = models.TextField()
    name = models.TextField()
    query = models.TextField()
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "staff_saved_view"
        constraints = [
            models.UniqueConstraint(fields=["account", "section", "name"], name="staff_saved_view_once"),
        ]
