"""moto's server, with two repairs and one addition.

To verify a signature moto writes the posted form anew, and writes a space as "+", as boto does. Our SDK writes "%20", so
every call with a space in it (any policy that is written for people) would be taken for one with a wrong secret.

A request to S3 that is not signed is refused (403), as AWS does; moto fails with a 500, which is tried again for long.

An object that is put with the metadata `test-modified`, in seconds since 1970, was modified then, as if it had been put at
that time: listings and answers tell it in moto's own format. All others have the time at which they are put.
"""

import sys
from datetime import datetime, timezone
from urllib.parse import quote, urlencode

from moto.iam.access_control import IAMRequestBase, S3IAMRequest
from moto.s3.exceptions import S3AccessDeniedError
from moto.s3.models import FakeKey
from moto.server import main

as_boto_writes = IAMRequestBase._create_aws_request


def as_our_sdk_writes(self):
    if not self._body and isinstance(self._data, dict):
        self._body = urlencode(self._data, doseq=True, quote_via=quote, safe="")
    return as_boto_writes(self)


as_moto_reads = S3IAMRequest.__init__


def as_aws_refuses(self, *args, **kwargs):
    if not kwargs["headers"].get("Authorization"):
        raise S3AccessDeniedError()
    as_moto_reads(self, *args, **kwargs)


as_moto_keeps = FakeKey.set_metadata


def with_its_own_time(self, metadata, replace=False):
    as_moto_keeps(self, metadata, replace)
    modified = metadata.get("x-amz-meta-test-modified")
    if modified:
        self.last_modified = datetime.fromtimestamp(int(modified), timezone.utc).replace(tzinfo=None)


IAMRequestBase._create_aws_request = as_our_sdk_writes
S3IAMRequest.__init__ = as_aws_refuses
FakeKey.set_metadata = with_its_own_time
sys.exit(main())
