"""The letters of sign-in, in English and Chinese; they hold no pictures and load nothing."""

import re
from html import escape
from typing import Final, Literal

from gesso.infra.mail import Letter

Language = Literal["en", "zh"]
_RANGE = re.compile(r"([A-Za-z*]{1,8})(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?")
_LONGEST_LIST: Final = 500
"""Letters of `Accept-Language` that are read; browsers send a few dozen."""

_PAGE: Final = """\
<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{subject}</title></head>
<body style="margin:0;padding:32px 16px;background:#f6f3ec;color:#2b2620;\
font:16px/1.5 system-ui,sans-serif">
<div style="max-width:28em;margin:0 auto">
{body}
</div></body></html>
"""
_BIG: Final = (
    '<p style="margin:24px 0;font:600 32px/1 ui-monospace,monospace;letter-spacing:6px">{}</p>'
)
_BUTTON: Final = (
    '<p style="margin:24px 0"><a href="{0}" style="color:#1f4fa3;word-break:break-all">{0}</a></p>'
)
_SMALL: Final = '<p style="font-size:14px">{}</p>'

_ONCE: Final = "It is good for ten minutes, and once."
_WHY_LINK: Final = (
    f"{_ONCE} You get a link and no code because wrong codes were tried for this address."
)
_ONCE_ZH: Final = "十分钟内有效，仅可使用一次。"
_WHY_LINK_ZH: Final = f"{_ONCE_ZH}由于此邮箱的验证码被多次输错，我们改为发送链接。"

_IGNORE: Final = {
    "en": "If you did not ask for this, you need do nothing. Pass it on to nobody: nobody of ours "
    "will ever ask for it.",
    "zh": "如果不是您本人的操作，请忽略此邮件。请勿转告任何人，我们的工作人员绝不会向您索要。",
}

_EN: Final = {
    "signin.code": (
        "{code} is your code for {name}",
        "Your code to sign in to {name}:",
        _ONCE,
    ),
    "link.code": (
        "{code} is your code for {name}",
        "Your code to add this address to your account at {name}:",
        _ONCE,
    ),
    "signin.link": (
        "Your link to sign in to {name}",
        "This link signs you in to {name}:",
        _WHY_LINK,
    ),
    "link.link": (
        "Your link for {name}",
        "This link adds this address to your account at {name}:",
        _WHY_LINK,
    ),
    "password": (
        "Your password for {name} was changed",
        "A new password was set for your account at {name}. You are signed out everywhere else.",
        "If that was not you, sign in with a code by e-mail and set a new one at once.",
    ),
    "added": (
        "A new way to sign in to {name}",
        "{way} can sign in to your account at {name} from now on.",
        "If you did not add it, sign in, take it away, and set a new password.",
    ),
    "removed": (
        "A way to sign in to {name} was taken away",
        "{way} cannot sign in to your account at {name} any more.",
        "If you did not take it away, sign in and look at who can.",
    ),
}

_ZH: Final = {
    "signin.code": ("{code} 是您的 {name} 验证码", "您登录 {name} 的验证码：", _ONCE_ZH),
    "link.code": (
        "{code} 是您的 {name} 验证码",
        "您将此邮箱添加到 {name} 账户的验证码：",
        _ONCE_ZH,
    ),
    "signin.link": ("您的 {name} 登录链接", "点击此链接登录 {name}：", _WHY_LINK_ZH),
    "link.link": (
        "您的 {name} 链接",
        "点击此链接将此邮箱添加到您的 {name} 账户：",
        _WHY_LINK_ZH,
    ),
    "password": (
        "您的 {name} 密码已更改",
        "您在 {name} 的账户刚刚设置了新密码，其他设备上的登录均已退出。",
        "如果不是您本人的操作，请立即用邮箱验证码登录并重新设置密码。",
    ),
    "added": (
        "{name} 新增了一种登录方式",
        "从现在起，{way} 可以登录您在 {name} 的账户。",
        "如果不是您本人的操作，请登录后将其移除，并设置新密码。",
    ),
    "removed": (
        "{name} 移除了一种登录方式",
        "{way} 不能再登录您在 {name} 的账户。",
        "如果不是您本人的操作，请登录并检查哪些方式可以登录。",
    ),
}

_WORDS: Final = {"en": _EN, "zh": _ZH}


def language_of(accepted: str | None) -> Language:
    """The better of ours by `Accept-Language` (RFC 9110, 12.5.4); English where neither is."""
    best: dict[str, float] = {}
    for part in (accepted or "")[:_LONGEST_LIST].split(",")[:20]:
        shape = _RANGE.fullmatch(part.strip())
        if shape:
            name = shape[1].lower()
            best[name] = max(best.get(name, 0.0), float(shape[2] or 1))
    return "zh" if best.get("zh", 0.0) > best.get("en", 0.0) else "en"


def code_letter(
    purpose: str, code: str, *, to: str, language: Language, name: str, about: str
) -> Letter:
    """Six digits; they stand in the subject too, where a telephone shows them."""
    subject, lead, small = _words(language, f"{purpose}.code", name=name, code=code)
    ignore = _IGNORE[language]
    return _letter(
        f"{purpose}_code",
        subject,
        text=[lead, f"    {code}", small, ignore],
        html=[_paragraph(lead), _BIG.format(code), _small(small), _small(ignore)],
        to=to,
        language=language,
        about=about,
    )


def link_letter(
    purpose: str, link: str, *, to: str, language: Language, name: str, about: str
) -> Letter:
    """A link; opening it does nothing by itself, for programs open links before people do."""
    subject, lead, small = _words(language, f"{purpose}.link", name=name)
    ignore = _IGNORE[language]
    return _letter(
        f"{purpose}_link",
        subject,
        text=[lead, link, small, ignore],
        html=[_paragraph(lead), _BUTTON.format(escape(link)), _small(small), _small(ignore)],
        to=to,
        language=language,
        about=about,
    )


def change_letter(
    what: Literal["password", "added", "removed"],
    *,
    to: str,
    language: Language,
    name: str,
    about: str,
    way: str = "",
) -> Letter:
    """Tell somebody what was changed about how they get in; `way` names the way in."""
    subject, lead, small = _words(language, what, name=name, way=way)
    return _letter(
        f"signin_{what}",
        subject,
        text=[lead, small],
        html=[_paragraph(lead), _small(small)],
        to=to,
        language=language,
        about=about,
    )


def _words(language: Language, which: str, **facts: str) -> list[str]:
    return [each.format(**facts) for each in _WORDS[language][which]]


def _letter(
    kind: str,
    subject: str,
    *,
    text: list[str],
    html: list[str],
    to: str,
    language: Language,
    about: str,
) -> Letter:
    page = _PAGE.format(language=language, subject=escape(subject), body="\n".join(html))
    return Letter(
        kind=kind,
        to=to,
        subject=subject,
        text="\n\n".join(text) + "\n",
        html=page,
        language=language,
        about=about,
    )


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _small(text: str) -> str:
    return _SMALL.format(escape(text))
