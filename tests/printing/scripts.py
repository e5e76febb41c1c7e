"""Names in many scripts, and what poppler reads in a document; both need Debian packages."""

import re
import subprocess
from pathlib import Path

FONTS = Path("/usr/share/fonts")
SCRIPTS = {
    "Vietnamese": "Công ty Nguyễn Thị Hương, Đường Trần Hưng Đạo",
    "Greek": "Αλέξανδρος Παπαδόπουλος",
    "Cyrillic": "Пекарня Гавань",
    "Arabic": "شركة النور للصيانة",
    "Hebrew": "מאפיית הנמל",
    "Chinese": "北京市朝阳区建国路工程师",
    "Japanese": "東京都港区のパン屋",
    "Korean": "서울 항구 빵집",
    "Thai": "ร้านเบเกอรี่",
    "Devanagari": "बंदरगाह बेकरी",
}


def read(document: bytes, *how: str) -> str:
    """The text that poppler finds, in the order in which it is read, with one blank between words."""
    said = subprocess.run(
        ["pdftotext", *how, "-", "-"], input=document, capture_output=True, check=True
    ).stdout.decode()
    return re.sub(r"\s+", " ", re.sub("[\u200e\u200f\u202a-\u202e]", "", said))
