"""Codes and fixed phrases in English and Chinese, for forms that carry words instead of codes.

English is written for running text; Chinese is that of the catalogue of labels. No contested name is among it.
"""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.descriptor import EnumDescriptor

from hotline import v1
from hotline.messages.labels import labels

LANGUAGES = ("en", "zh")

_Pair = tuple[str, str]

ENGLISH: Mapping[EnumDescriptor, Mapping[int, str]] = {
    v1.ActivityKind.DESCRIPTOR: {
        v1.ACTIVITY_KIND_TRANSIT: "Passage of units",
        v1.ACTIVITY_KIND_EXERCISE: "Exercise without firing",
        v1.ACTIVITY_KIND_LIVE_FIRE: "Live firing",
        v1.ACTIVITY_KIND_LAUNCH: "Missile or space launch",
        v1.ACTIVITY_KIND_DIVING: "Divers down",
        v1.ACTIVITY_KIND_FLIGHT_OPERATIONS: "Flying operations from ships",
        v1.ACTIVITY_KIND_REPLENISHMENT: "Replenishment under way",
        v1.ACTIVITY_KIND_UNDERWATER_OPERATIONS: "Underwater operations",
        v1.ACTIVITY_KIND_SURVEY: "Survey",
        v1.ACTIVITY_KIND_ISR_ACTIVITY: "Intelligence, surveillance, reconnaissance",
        v1.ACTIVITY_KIND_SEARCH_AND_RESCUE: "Search and rescue",
        v1.ACTIVITY_KIND_DISABLED_VESSEL: "Ship disabled or restricted in manoeuvre",
        v1.ACTIVITY_KIND_JAMMING: "Jamming",
        v1.ACTIVITY_KIND_UNCREWED_OPERATIONS: "Operations of uncrewed craft",
        v1.ACTIVITY_KIND_LANDING: "Landing from the sea",
        v1.ACTIVITY_KIND_MINE_COUNTERMEASURES: "Mine countermeasures",
        v1.ACTIVITY_KIND_CABLE_WORK: "Work on cables or pipelines",
        v1.ACTIVITY_KIND_TOWING: "Towing",
    },
    v1.IncidentKind.DESCRIPTOR: {
        v1.INCIDENT_KIND_COLLISION: "Collision",
        v1.INCIDENT_KIND_CLOSE_APPROACH: "Close approach",
        v1.INCIDENT_KIND_INSIDE_REQUESTED_RADIUS: "Inside a requested radius",
        v1.INCIDENT_KIND_FIRE_CONTROL_RADAR: "Fire-control radar",
        v1.INCIDENT_KIND_LASER: "Laser",
        v1.INCIDENT_KIND_SONAR: "Active sonar near divers or hull",
        v1.INCIDENT_KIND_WEAPON_FIRED: "Weapon fired",
        v1.INCIDENT_KIND_OWN_ACCIDENT: "Own weapon or vehicle outside control",
        v1.INCIDENT_KIND_INTERFERENCE: "Interference with communication, navigation or control",
        v1.INCIDENT_KIND_DISTRESS: "Persons in distress",
        v1.INCIDENT_KIND_INFRASTRUCTURE: "Damage to infrastructure",
        v1.INCIDENT_KIND_ILLUMINATION: "Bridge or cockpit lit up",
        v1.INCIDENT_KIND_DIRECT_RUN: "Direct run at a ship or an aircraft",
        v1.INCIDENT_KIND_CROSSING_AHEAD: "Crossing close ahead",
        v1.INCIDENT_KIND_INSIDE_FORMATION: "Inside a formation",
        v1.INCIDENT_KIND_FLARE_OR_CHAFF: "Flare, chaff or signal rocket fired",
        v1.INCIDENT_KIND_UNIDENTIFIED_CRAFT: "Craft or object not identified",
        v1.INCIDENT_KIND_PASSAGE: "Passage",
        v1.INCIDENT_KIND_ISR_ACTIVITY: "Intelligence, surveillance, reconnaissance",
    },
    v1.Intention.DESCRIPTOR: {
        v1.INTENTION_REMAIN_STOPPED: "remaining stopped",
        v1.INTENTION_KEEP_COURSE_AND_SPEED: "keeping course and speed",
        v1.INTENTION_OPEN_RANGE: "opening the range",
        v1.INTENTION_RECOVER_PERSONS_OR_CRAFT: "recovering persons or craft",
        v1.INTENTION_ASSIST: "assisting",
        v1.INTENTION_END_ACTIVITY: "ending the activity",
        v1.INTENTION_ALTER_COURSE: "altering course",
        v1.INTENTION_LEAVE_AREA: "leaving the area",
        v1.INTENTION_INVESTIGATE: "finding out what it is",
        v1.INTENTION_REGAIN_CONTROL_OR_DESTROY: "regaining control of it or destroying it",
    },
    v1.NotIntended.DESCRIPTOR: {
        v1.NOT_INTENDED_ATTACK: "no attack is intended",
        v1.NOT_INTENDED_APPROACH: "no further approach is intended",
        v1.NOT_INTENDED_CLAIM: "no claim about territory or zones is intended",
    },
    v1.RequestedAction.DESCRIPTOR: {
        v1.REQUESTED_ACTION_KEEP_OUTSIDE_RADIUS: "keep outside the radius stated",
        v1.REQUESTED_ACTION_OPEN_RANGE: "open the range",
        v1.REQUESTED_ACTION_STOP_SONAR: "stop active sonar",
        v1.REQUESTED_ACTION_ANSWER_ON_VHF_16: "answer on VHF channel 16",
        v1.REQUESTED_ACTION_ASSIST: "render assistance",
        v1.REQUESTED_ACTION_IDENTIFY_YOURSELF: "say who you are",
        v1.REQUESTED_ACTION_STOP_POINTING: "stop pointing radar, laser or light",
        v1.REQUESTED_ACTION_KEEP_CLEAR_OF_AREA: "keep clear of the area stated",
        v1.REQUESTED_ACTION_DO_NOT_TREAT_AS_ATTACK: "do not take it for an attack",
    },
    v1.CraftKind.DESCRIPTOR: {
        v1.CRAFT_KIND_WARSHIP: "warship",
        v1.CRAFT_KIND_AUXILIARY: "naval auxiliary",
        v1.CRAFT_KIND_SUBMARINE: "submarine",
        v1.CRAFT_KIND_LAW_ENFORCEMENT_VESSEL: "law-enforcement vessel",
        v1.CRAFT_KIND_CIVIL_VESSEL: "civil vessel",
        v1.CRAFT_KIND_MILITARY_AIRCRAFT: "military aircraft",
        v1.CRAFT_KIND_CIVIL_AIRCRAFT: "civil aircraft",
        v1.CRAFT_KIND_UNCREWED: "uncrewed craft",
        v1.CRAFT_KIND_LIGHTER_THAN_AIR: "lighter-than-air craft",
    },
    v1.Fact.Confidence.DESCRIPTOR: {
        v1.Fact.CONFIDENCE_CONFIRMED: "confirmed",
        v1.Fact.CONFIDENCE_PROBABLE: "probable",
        v1.Fact.CONFIDENCE_REPORTED: "reported",
    },
    v1.Medium.DESCRIPTOR: {
        v1.MEDIUM_TELEPHONE: "telephone or video",
        v1.MEDIUM_VHF: "VHF radio",
        v1.MEDIUM_RADIO: "radio",
        v1.MEDIUM_EMBASSY: "embassy or attache",
        v1.MEDIUM_OTHER_LINE: "another channel of this protocol",
        v1.MEDIUM_IN_PERSON: "in person",
    },
    v1.Level.DESCRIPTOR: {
        v1.LEVEL_UNIT: "unit",
        v1.LEVEL_OPERATING: "operating",
        v1.LEVEL_THEATRE: "theatre",
        v1.LEVEL_NATIONAL: "national",
        v1.LEVEL_POLITICAL: "political",
    },
}

PHRASES: Mapping[str, _Pair] = {
    "exercise": ("EXERCISE EXERCISE EXERCISE", "演习 演习 演习"),
    "draft": ("DRAFT", "草稿"),
    "single": ("released by one person", "由一人签发"),
    "update": ("Update", "更新"),
    "cancelled": ("Cancelled", "取消"),
    "started": ("Begun", "已开始"),
    "ended": ("Over", "已结束"),
    "closed": ("Closed by the sender", "发送方已结案"),
    "retracted": ("Sent in error, taken back", "误发，现予撤回"),
    "incident_update": ("Incident update", "事件更新"),
    "incident_close": ("Incident closed by one side", "事件由一方结案"),
    "unit": ("Unit", "单位"),
    "other": ("Other unit", "对方单位"),
    "forces": ("Forces", "兵力"),
    "range": ("Range", "距离"),
    "harm": ("Harm", "伤害或损坏"),
    "yes": ("yes", "有"),
    "no": ("no", "无"),
    "unknown": ("not known yet", "尚不清楚"),
    "intention": ("Intention", "意图"),
    "next": ("Next report by", "下次报告时限"),
    "time": ("Time", "时间"),
    "daily": ("daily", "每日"),
    "area": ("Area", "区域"),
    "clear": ("clear for others", "已可供他方使用"),
    "not_clear": ("not clear for others", "尚不可供他方使用"),
    "reason": ("Reason", "原因"),
    "open_points": ("Points left open", "未决事项"),
    "keep_clear": ("Requested to keep outside", "请保持在以下距离以外"),
    "contact": ("Contact", "联络席位"),
    "remark": ("Remark", "附言"),
    "informative": ("translation for information only", "译文仅供参考"),
    "uncrewed": ("Uncrewed craft controlled by", "无人载具控制机构"),
    "civil": ("Public warning", "公开警告"),
    "call": ("Call", "应约通话"),
    "proposed": ("proposed", "提议"),
    "counter": ("counter-proposal", "另行提议"),
    "meaning": (
        "For information: the signed statement is the message, and only a signed acknowledgement answers it.",
        "仅供参考：以签名的正式通报为准，只有签名的回执才构成答复。",
    ),
}


def label(enum: EnumDescriptor, number: int, language: str) -> str:
    """A code in words: in Chinese those of the catalogue. KeyError for a code without words."""
    english = ENGLISH[enum][number]
    return english if language == "en" else labels(language).code(enum, number)


def phrase(name: str, language: str) -> str:
    """A fixed phrase."""
    return PHRASES[name][LANGUAGES.index(language)]


def titled(title: str, words: str, language: str) -> str:
    """``Contact: AUS:fleet-watch``, with the colon of the language."""
    return f"{title}{'：' if language == 'zh' else ': '}{words}"


def both(name: str) -> str:
    """A fixed phrase in both languages: ``Cancelled / 取消``."""
    return " / ".join(PHRASES[name])
