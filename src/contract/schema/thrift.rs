//! The Thrift compact protocol, as far as footers need it.
