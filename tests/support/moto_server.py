"""moto's server, with one repair.

To verify a signature moto writes the posted form anew, and writes a space as "+", as boto does. Our SDK writes "%20", so
every call with a space in it (any policy that is written for people) would be taken for one with a wrong secret.
"""

import sys
from urllib.parse import quote, urlencode

from moto.iam.access_control import IAMRequestBase
from moto.server import main

as_boto_writes = IAMRequestBase._create_aws_request


def as_our_sdk_writes(self):
    if not self._body and isinstance(self._data, dict):
        self._body = urlencode(self._data, doseq=True, quote_via=quote, safe="")
    return as_boto_writes(self)


IAMRequestBase._create_aws_request = as_our_sdk_writes
sys.exit(main())
