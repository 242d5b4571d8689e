"""Which addresses belong to one site, by the public suffix list that tldextract brings (nothing is downloaded)."""

import functools

import tldextract


@functools.cache
def _extractor() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def site_of(host: str) -> str:
    """The registered domain of a host, 'hilltop.edu' for 'www.athletics.hilltop.edu'; an IP address is its own site."""
    bare = host.strip("[]").rstrip(".").lower()
    return _extractor()(bare).top_domain_under_public_suffix or bare
