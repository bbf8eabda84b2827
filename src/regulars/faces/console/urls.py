"""The addresses of the console."""

from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.urls import path

from regulars.faces.console import customers

app_name = "console"

urlpatterns = [
    path("sign-in", LoginView.as_view(template_name="console/sign_in.html"), name="sign-in"),
    path("customers", customers.customer_list, name="customers"),
    path("customers/<uuid:customer_id>", customers.customer_page, name="customer"),
]
