#!/bin/sh
# Prints the ids of a shop's eBay orders of the last 90 days, one a line: what every script that works with tokens does.
#
#   ./list-ebay-orders.sh              the only eBay account that is connected
#   ./list-ebay-orders.sh ebay:main    this one
#
# EBAY_API is where it asks: https://api.ebay.com, unless you set the address of `tokenctl simulate`.
# Ends with tokenctl's own status where there is no token (`tokenctl help exit-codes`), with curl's where eBay refuses.
set -eu

account=${1:-ebay}
api=${EBAY_API:-https://api.ebay.com}
limit=${EBAY_PAGE:-50}
# One to three digits and no 0 in front, which some shells take for an octal number.
case $limit in
  [1-9] | [1-9][0-9] | 1[0-9][0-9] | 200) ;;
  *)
    echo 'EBAY_PAGE must be a number from 1 to 200.' >&2
    exit 2
    ;;
esac

# Asked anew for each page: it comes from the store while it lives, and a list may take longer than a token does.
# curl reads the header from its standard input, and printf is part of the shell: the token is nobody's argument, where
# every user of the machine could read it.
page() {
  token=$(tokenctl token "$account" --min-valid 5m) || exit
  printf 'Authorization: Bearer %s\n' "$token" |
    curl --silent --show-error --fail --max-time 60 --header @- \
      "$api/sell/fulfillment/v1/order?limit=$limit&offset=$1"
}

# Node is there wherever tokenctl is.
ids() {
  node -e '
    const { orders = [] } = JSON.parse(require("node:fs").readFileSync(0, "utf8"))
    for (const { orderId } of orders) console.log(String(orderId).replace(/[^\w!-]/g, "?"))
  '
}

offset=0
while :; do
  answer=$(page "$offset") || exit
  found=$(printf '%s' "$answer" | ids) || exit
  [ -n "$found" ] || break
  printf '%s\n' "$found"
  offset=$((offset + limit))
  # A page that is not full is the last.
  [ "$(printf '%s\n' "$found" | wc -l)" -eq "$limit" ] || break
done
