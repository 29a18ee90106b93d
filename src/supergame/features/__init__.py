"""Every capability, lowest first: the table of contents of the product.

A feature may call those before it in the list and never learns of those after it; news travels down the list
as events.
"""
