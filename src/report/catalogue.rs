//! Every rule of the product, in order.
