# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How to reach Vault or OpenBao, in the words of community.hashi_vault."""

    DOCUMENTATION = r"""
options:
  vault_url:
    description:
      - Address of Vault or OpenBao, for example V(https://vault.example.com:8200).
      - Several addresses of one cluster can be given as a list or with commas. The next one is
        tried where one cannot be reached or cannot serve, all within O(vault_timeout). A redirect
        is followed to one of them only.
      - V(unix:///run/vault/agent.sock) is the socket of an agent or proxy on the host that the
        module runs on.
      - If not given, the first of the environment variables E(ANSIBLE_HASHI_VAULT_ADDR),
        E(BAO_AGENT_ADDR), E(BAO_ADDR), E(VAULT_AGENT_ADDR) and E(VAULT_ADDR) is used.
      - Needed by runs that look at a source in Vault only.
    type: list
    elements: str
  vault_namespace:
    description:
      - Namespace of Vault Enterprise or OpenBao.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_NAMESPACE), E(BAO_NAMESPACE) and
        E(VAULT_NAMESPACE) is used.
    type: str
  vault_auth_method:
    description:
      - How to log in.
      - V(token) uses O(vault_token), V(approle) uses O(vault_role_id) and O(vault_secret_id),
        V(userpass) and V(ldap) use O(vault_username) and O(vault_password), V(jwt) uses
        O(vault_jwt) or O(vault_jwt_file) and O(vault_role), V(cert) uses O(vault_client_cert) and
        O(vault_role). V(okta) and V(radius) use the same as V(userpass), V(github) uses
        O(vault_github_token).
      - V(aws_iam), V(azure) and V(gcp) are for what runs in the clouds. They use O(vault_role),
        and the options that are named after them; V(azure) and V(gcp) also O(vault_jwt) or
        O(vault_jwt_file).
      - V(kubernetes) uses O(vault_role) and the service account's token, unless O(vault_jwt) or
        O(vault_jwt_file) is given.
      - V(none) sends no token, for an agent that adds its own.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_AUTH_METHOD), E(BAO_AUTH_METHOD) and
        E(VAULT_AUTH_METHOD) is used, otherwise V(token).
    type: str
    choices:
      - approle
      - aws_iam
      - azure
      - cert
      - gcp
      - github
      - jwt
      - kubernetes
      - ldap
      - none
      - okta
      - radius
      - token
      - userpass
  vault_auth_mount:
    description:
      - Where the authentication method is mounted, below C(auth/).
      - If not given, the environment variable E(ANSIBLE_HASHI_VAULT_MOUNT_POINT) is used, otherwise
        the name of the method.
    type: str
  vault_token:
    description:
      - The token for O(vault_auth_method=token).
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_TOKEN), E(BAO_TOKEN) and E(VAULT_TOKEN) is
        used, otherwise what C(vault login) or C(bao login) left in the file C(~/.vault-token).
        O(vault_token_path) and O(vault_token_file) name another folder and file.
      - It is never renewed and never revoked. What it leases ends together with it.
    type: str
  vault_token_path:
    description:
      - Folder of the file with the token.
      - If not given, the environment variable E(ANSIBLE_HASHI_VAULT_TOKEN_PATH) is used, otherwise
        the home of the user that the module runs as.
    type: path
  vault_token_file:
    description:
      - Name of the file with the token.
      - If not given, the environment variable E(ANSIBLE_HASHI_VAULT_TOKEN_FILE) is used, otherwise
        V(.vault-token).
    type: str
  vault_role_id:
    description:
      - Role ID for O(vault_auth_method=approle).
      - As in C(community.hashi_vault), it is also the role for O(vault_auth_method) V(jwt),
        V(cert), V(aws_iam), V(azure) and V(gcp), where O(vault_role) is not given. Of the environment only
        E(ANSIBLE_HASHI_VAULT_ROLE_ID) is taken for that.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_ROLE_ID), E(BAO_ROLE_ID) and
        E(VAULT_ROLE_ID) is used.
    type: str
  vault_secret_id:
    description:
      - Secret ID for O(vault_auth_method=approle). A role may do without one.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_SECRET_ID), E(BAO_SECRET_ID) and
        E(VAULT_SECRET_ID) is used.
    type: str
  vault_secret_id_wrapped:
    description:
      - Whether O(vault_secret_id) is a token that unwraps to the secret ID. Such a token can be
        used once, so that it is noticed when somebody else has read the secret ID on the way.
      - Vault is asked first whether it was this very O(vault_auth_mount) that made what is wrapped.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_SECRET_ID_WRAPPED),
        E(BAO_SECRET_ID_WRAPPED) and E(VAULT_SECRET_ID_WRAPPED) is used, otherwise V(false).
    type: bool
  vault_role:
    description:
      - Role for O(vault_auth_method) V(jwt), V(kubernetes), V(cert), V(aws_iam), V(azure) and
        V(gcp). Only V(kubernetes), V(azure) and V(gcp) need one in every case.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_ROLE), E(BAO_ROLE) and E(VAULT_ROLE) is
        used.
    type: str
  vault_jwt:
    description:
      - JSON web token for O(vault_auth_method) V(jwt), V(kubernetes), V(azure) and V(gcp).
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_JWT), E(BAO_JWT) and E(VAULT_JWT) is used.
      - Mutually exclusive with O(vault_jwt_file).
    type: str
  vault_jwt_file:
    description:
      - File with the JSON web token for O(vault_auth_method) V(jwt), V(kubernetes), V(azure) and
        V(gcp), on the host that the module runs on. It is read at each login, since such tokens are
        replaced often.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_JWT_FILE), E(BAO_JWT_FILE) and
        E(VAULT_JWT_FILE) is used.
      - Mutually exclusive with O(vault_jwt).
    type: path
  vault_username:
    description:
      - User for O(vault_auth_method) V(userpass), V(ldap), V(okta) and V(radius).
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_USERNAME), E(BAO_USERNAME) and
        E(VAULT_USERNAME) is used.
    type: str
  vault_password:
    description:
      - Password of O(vault_username).
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_PASSWORD), E(BAO_PASSWORD) and
        E(VAULT_PASSWORD) is used.
    type: str
  vault_github_token:
    description:
      - Personal access token for O(vault_auth_method=github).
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_GITHUB_TOKEN), E(BAO_AUTH_GITHUB_TOKEN) and
        E(VAULT_AUTH_GITHUB_TOKEN) is used.
    type: str
  vault_aws_profile:
    description:
      - Where the Python library C(boto3) looks for keys for O(vault_auth_method=aws_iam), if
        O(vault_aws_access_key) is not given. Without a profile it looks in all the places that the
        tools of AWS do.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_AWS_PROFILE), E(AWS_PROFILE) and
        E(AWS_DEFAULT_PROFILE) is used.
    type: str
  vault_aws_access_key:
    description:
      - Access key for O(vault_auth_method=aws_iam).
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_AWS_ACCESS_KEY), E(AWS_ACCESS_KEY_ID),
        E(AWS_ACCESS_KEY) and E(EC2_ACCESS_KEY) is used.
    type: str
  vault_aws_secret_key:
    description:
      - Secret key that belongs to O(vault_aws_access_key).
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_AWS_SECRET_KEY), E(AWS_SECRET_ACCESS_KEY),
        E(AWS_SECRET_KEY) and E(EC2_SECRET_KEY) is used.
    type: str
  vault_aws_security_token:
    description:
      - Session token, where O(vault_aws_access_key) is good for a time only.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_AWS_SECURITY_TOKEN),
        E(AWS_SECURITY_TOKEN), E(AWS_SESSION_TOKEN) and E(EC2_SECURITY_TOKEN) is used.
    type: str
  vault_region:
    description:
      - Region of AWS that the request for O(vault_auth_method=aws_iam) is signed for.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_REGION), E(AWS_REGION) and E(EC2_REGION) is
        used, otherwise V(us-east-1).
    type: str
  vault_aws_iam_server_id:
    description:
      - Value of the header C(X-Vault-AWS-IAM-Server-ID), where Vault wants it to be signed.
      - If not given, the environment variable E(ANSIBLE_HASHI_VAULT_AWS_IAM_SERVER_ID) is used.
    type: str
  vault_azure_tenant_id:
    description:
      - Tenant of a service principal for O(vault_auth_method=azure).
      - If not given, the environment variable E(ANSIBLE_HASHI_VAULT_AZURE_TENANT_ID) is used.
    type: str
  vault_azure_client_id:
    description:
      - Service principal for O(vault_auth_method=azure), or one of several managed identities of
        the machine.
      - If not given, the environment variable E(ANSIBLE_HASHI_VAULT_AZURE_CLIENT_ID) is used,
        otherwise the identity that the system assigned to the machine.
    type: str
  vault_azure_client_secret:
    description:
      - Secret of the service principal in O(vault_azure_client_id).
      - If not given, the environment variable E(ANSIBLE_HASHI_VAULT_AZURE_CLIENT_SECRET) is used.
    type: str
  vault_azure_resource:
    description:
      - What the token of Azure is for, as the method is configured in Vault.
      - If not given, the environment variable E(ANSIBLE_HASHI_VAULT_AZURE_RESOURCE) is used,
        otherwise V(https://management.azure.com/).
    type: str
  vault_ca_cert:
    description:
      - PEM file with the certificates of the authorities to trust, or folder of such files. Their
        names do not matter, and folders below it count.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_CA_CERT), E(BAO_CACERT),
        E(BAO_CACERT_BYTES), E(BAO_CAPATH), E(VAULT_CACERT), E(VAULT_CACERT_BYTES) and
        E(VAULT_CAPATH) is used, otherwise what the Python library C(requests) trusts. Those with
        C(_BYTES) hold PEM text themselves.
    type: path
  vault_tls_server_name:
    description:
      - Name that the certificate of the server has to be for, where that is another one than in
        O(vault_url). It is also sent to the server (SNI).
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_TLS_SERVER_NAME), E(BAO_TLS_SERVER_NAME)
        and E(VAULT_TLS_SERVER_NAME) is used.
    type: str
  vault_client_cert:
    description:
      - Certificate to show to a server that asks for one, and for O(vault_auth_method=cert).
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_CERT_AUTH_PUBLIC_KEY),
        E(BAO_CLIENT_CERT) and E(VAULT_CLIENT_CERT) is used.
    type: path
  vault_client_key:
    description:
      - Private key of O(vault_client_cert), where it is not in the same file.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_CERT_AUTH_PRIVATE_KEY),
        E(BAO_CLIENT_KEY) and E(VAULT_CLIENT_KEY) is used.
    type: path
  vault_validate_certs:
    description:
      - Verify the certificate of the server.
      - If not given, the environment variable E(ANSIBLE_HASHI_VAULT_VALIDATE_CERTS) is used, then
        the opposite of E(BAO_SKIP_VERIFY) or E(VAULT_SKIP_VERIFY), otherwise V(true).
    type: bool
  vault_timeout:
    description:
      - How long one request may take with all its retries. Seconds, or numbers with units such as
        V(1m30s), V(500ms) or V(1d).
      - V(0) sets no limit. A request that nobody has answered for an hour is given up all the
        same.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_TIMEOUT), E(BAO_CLIENT_TIMEOUT) and
        E(VAULT_CLIENT_TIMEOUT) is used, otherwise V(30).
    type: str
  vault_retries:
    description:
      - How often a request is tried again, where trying again can help. V(0) turns that off.
      - What takes effect once, such as a login, is sent again only where it was surely not carried
        out.
      - Or a mapping as in C(community.hashi_vault), of which these keys are taken. V(total),
        V(connect), V(read), V(status) and V(other) say how often, in all and for each kind of
        failure. V(status_forcelist) lists the HTTP statuses that are worth another try, and
        V(allowed_methods) the methods. V(backoff_factor), V(backoff_max) and V(backoff_jitter)
        are seconds to wait. V(respect_retry_after_header) says whether the server may ask for a
        longer wait. What is left out is as with a number. Any other key is an error.
      - With several addresses each try asks all of them.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_RETRIES), E(BAO_MAX_RETRIES) and
        E(VAULT_MAX_RETRIES) is used, otherwise V(3).
    type: raw
  vault_proxies:
    description:
      - Address of a proxy, or a mapping of V(http) and V(https) to one.
      - If not given, the first of E(ANSIBLE_HASHI_VAULT_PROXIES), E(BAO_PROXY_ADDR),
        E(BAO_HTTP_PROXY), E(VAULT_PROXY_ADDR) and E(VAULT_HTTP_PROXY) is used, otherwise what
        E(HTTPS_PROXY) and its like say, except for what listens on the host itself.
      - An empty mapping, V({}), means none.
    type: raw
requirements:
  - "C(hvac) 1.2.0 or newer on the host that the module runs on, which brings C(requests)"
  - "C(boto3) for O(vault_auth_method=aws_iam) without keys in the options"
  - "C(azure-identity) for O(vault_auth_method=azure) without O(vault_jwt) or O(vault_jwt_file)"
  - "HashiCorp Vault or OpenBao"
"""
