"""Codes and fixed phrases in English and Chinese, for forms that carry words instead of codes.

The wording follows the bilingual term list of the project's field facts; no contested name is among it.
"""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.descriptor import EnumDescriptor

from hotline import v1

LANGUAGES = ("en", "zh")

_Pair = tuple[str, str]

CODES: Mapping[EnumDescriptor, Mapping[int, _Pair]] = {
    v1.ActivityKind.DESCRIPTOR: {
        v1.ACTIVITY_KIND_TRANSIT: ("Passage of units", "单位通过"),
        v1.ACTIVITY_KIND_EXERCISE: ("Exercise without firing", "演习（无实弹）"),
        v1.ACTIVITY_KIND_LIVE_FIRE: ("Live firing", "实弹射击"),
        v1.ACTIVITY_KIND_LAUNCH: ("Missile or space launch", "导弹或航天发射"),
        v1.ACTIVITY_KIND_DIVING: ("Divers down", "潜水作业"),
        v1.ACTIVITY_KIND_FLIGHT_OPERATIONS: ("Flying operations from ships", "舰载机飞行作业"),
        v1.ACTIVITY_KIND_REPLENISHMENT: ("Replenishment under way", "航行补给"),
        v1.ACTIVITY_KIND_UNDERWATER_OPERATIONS: ("Underwater operations", "水下作业"),
        v1.ACTIVITY_KIND_SURVEY: ("Survey", "测量"),
        v1.ACTIVITY_KIND_ISR_ACTIVITY: ("Intelligence, surveillance, reconnaissance", "情报、监视、侦察活动"),
        v1.ACTIVITY_KIND_SEARCH_AND_RESCUE: ("Search and rescue", "搜救"),
        v1.ACTIVITY_KIND_DISABLED_VESSEL: ("Ship disabled or restricted in manoeuvre", "船舶失控或操纵受限"),
    },
    v1.IncidentKind.DESCRIPTOR: {
        v1.INCIDENT_KIND_COLLISION: ("Collision", "碰撞"),
        v1.INCIDENT_KIND_CLOSE_APPROACH: ("Close approach", "近距离接近"),
        v1.INCIDENT_KIND_INSIDE_REQUESTED_RADIUS: ("Inside a requested radius", "进入所请求的保持距离"),
        v1.INCIDENT_KIND_FIRE_CONTROL_RADAR: ("Fire-control radar", "火控雷达照射"),
        v1.INCIDENT_KIND_LASER: ("Laser", "激光照射"),
        v1.INCIDENT_KIND_SONAR: ("Active sonar near divers or hull", "潜水员或舰体附近的主动声呐"),
        v1.INCIDENT_KIND_WEAPON_FIRED: ("Weapon, flare or rocket fired", "发射武器、信号弹或火箭"),
        v1.INCIDENT_KIND_OWN_ACCIDENT: ("Own weapon or vehicle outside control", "己方武器或载具失控"),
        v1.INCIDENT_KIND_INTERFERENCE: (
            "Interference with communication, navigation or control",
            "对通信、导航或控制的干扰",
        ),
        v1.INCIDENT_KIND_DISTRESS: ("Persons in distress", "人员遇险"),
        v1.INCIDENT_KIND_INFRASTRUCTURE: ("Damage to infrastructure", "基础设施受损"),
    },
    v1.Intention.DESCRIPTOR: {
        v1.INTENTION_REMAIN_STOPPED: ("remaining stopped", "保持停船"),
        v1.INTENTION_KEEP_COURSE_AND_SPEED: ("keeping course and speed", "保持航向航速"),
        v1.INTENTION_OPEN_RANGE: ("opening the range", "拉开距离"),
        v1.INTENTION_RECOVER_PERSONS_OR_CRAFT: ("recovering persons or craft", "收回人员或载具"),
        v1.INTENTION_ASSIST: ("assisting", "提供援助"),
        v1.INTENTION_END_ACTIVITY: ("ending the activity", "结束活动"),
    },
    v1.NotIntended.DESCRIPTOR: {
        v1.NOT_INTENDED_ATTACK: ("no attack is intended", "无攻击意图"),
        v1.NOT_INTENDED_APPROACH: ("no further approach is intended", "无继续接近意图"),
        v1.NOT_INTENDED_CLAIM: ("no claim about territory or zones is intended", "不涉及领土或区域主张"),
    },
    v1.RequestedAction.DESCRIPTOR: {
        v1.REQUESTED_ACTION_KEEP_OUTSIDE_RADIUS: ("keep outside the radius stated", "请保持在所述半径以外"),
        v1.REQUESTED_ACTION_OPEN_RANGE: ("open the range", "请拉开距离"),
        v1.REQUESTED_ACTION_STOP_SONAR: ("stop active sonar", "请停止主动声呐"),
        v1.REQUESTED_ACTION_ANSWER_ON_VHF_16: ("answer on VHF channel 16", "请在甚高频16频道应答"),
        v1.REQUESTED_ACTION_ASSIST: ("render assistance", "请提供援助"),
    },
    v1.CraftKind.DESCRIPTOR: {
        v1.CRAFT_KIND_WARSHIP: ("warship", "舰艇"),
        v1.CRAFT_KIND_AUXILIARY: ("naval auxiliary", "海军辅助船"),
        v1.CRAFT_KIND_SUBMARINE: ("submarine", "潜艇"),
        v1.CRAFT_KIND_LAW_ENFORCEMENT_VESSEL: ("law-enforcement vessel", "执法船"),
        v1.CRAFT_KIND_CIVIL_VESSEL: ("civil vessel", "民用船舶"),
        v1.CRAFT_KIND_MILITARY_AIRCRAFT: ("military aircraft", "军用航空器"),
        v1.CRAFT_KIND_CIVIL_AIRCRAFT: ("civil aircraft", "民用航空器"),
        v1.CRAFT_KIND_UNCREWED: ("uncrewed craft", "无人载具"),
        v1.CRAFT_KIND_LIGHTER_THAN_AIR: ("lighter-than-air craft", "轻于空气的航空器"),
    },
    v1.Fact.Confidence.DESCRIPTOR: {
        v1.Fact.CONFIDENCE_CONFIRMED: ("confirmed", "已确认"),
        v1.Fact.CONFIDENCE_PROBABLE: ("probable", "可能"),
        v1.Fact.CONFIDENCE_REPORTED: ("reported", "据报"),
    },
    v1.Medium.DESCRIPTOR: {
        v1.MEDIUM_TELEPHONE: ("telephone or video", "电话或视频"),
        v1.MEDIUM_VHF: ("VHF radio", "甚高频无线电"),
        v1.MEDIUM_RADIO: ("radio", "无线电"),
        v1.MEDIUM_EMBASSY: ("embassy or attache", "使馆或武官"),
        v1.MEDIUM_OTHER_LINE: ("another channel of this protocol", "本协议的另一通道"),
        v1.MEDIUM_IN_PERSON: ("in person", "当面"),
    },
    v1.Level.DESCRIPTOR: {
        v1.LEVEL_UNIT: ("unit", "单位级"),
        v1.LEVEL_OPERATING: ("operating", "行动指挥级"),
        v1.LEVEL_THEATRE: ("theatre", "战区级"),
        v1.LEVEL_NATIONAL: ("national", "国家级"),
        v1.LEVEL_POLITICAL: ("political", "政治级"),
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
    """A code in words. KeyError for a code or a language without one."""
    return CODES[enum][number][LANGUAGES.index(language)]


def phrase(name: str, language: str) -> str:
    """A fixed phrase."""
    return PHRASES[name][LANGUAGES.index(language)]


def titled(title: str, words: str, language: str) -> str:
    """``Contact: AUS:fleet-watch``, with the colon of the language."""
    return f"{title}{'：' if language == 'zh' else ': '}{words}"


def both(name: str) -> str:
    """A fixed phrase in both languages: ``Cancelled / 取消``."""
    return " / ".join(PHRASES[name])
