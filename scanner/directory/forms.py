"""Names in their forms, remembered: leases name the same machines again and again."""

from __future__ import annotations

from functools import lru_cache

from shadowledger.db.names import address_name, device_name, mac_name, user_name

_REMEMBERED = 1 << 17
cached_address = lru_cache(_REMEMBERED)(address_name)
cached_device = lru_cache(_REMEMBERED)(device_name)
cached_mac = lru_cache(_REMEMBERED)(mac_name)
cached_user = lru_cache(_REMEMBERED)(user_name)
