"""Who gets what from the pages, route by route, and from what answers beside them. How to read it: table.py.

A token opens no page: machines are strangers here. What a page asks of a person it asks of the REST API's actions,
so the marks of both tables agree.
"""

from tests.census.table import Cell, read

TEXT = """
# Who                                     stranger
#                                            nobody   of another    admin
#                                               team owner slot        auditor
#                                                             manager       ci, ci of another
GET    /                                  s  +  + + +  + + +  + + +  s s  | 302:/inbox
POST   /                                  s  +  + + +  + + +  + + +  s s  | 302:/inbox
PUT    /                                  s  +  + + +  + + +  + + +  s s  | 302:/inbox
PATCH  /                                  s  +  + + +  + + +  + + +  s s  | 302:/inbox
DELETE /                                  s  +  + + +  + + +  + + +  s s  | 302:/inbox
GET    /inbox                             s  +  + + +  + + +  + + +  s s  | 200
GET    /board                             s  +  + + +  + + +  + + +  s s  | 200
GET    /calendar                          s  +  + + +  + + +  + + +  s s  | 200
GET    /audit                             s  +  + + +  + + +  + + +  s s  | 200
GET    /changes                           s  +  + + +  + + +  + + +  s s  | 200
GET    /changes/{change}                  s  o  o o o  o o o  + + +  s s  | 200
GET    /releases                          s  +  + + +  + + +  + + +  s s  | 200
GET    /releases/{application}/{version}  s  o  + + +  o o o  + + +  s s  | 200
GET    /approvals/{approval}              s  o  + + +  o o o  + + +  s s  | 200
GET    /deployments/{deployment}          s  o  + + +  o o o  + + +  s s  | 200
GET    /deployments/{deployment}/log      s  o  + + +  o o o  + + +  s s  | 200
GET    /delegations                       s  +  + + +  + + +  + + +  s s  | 200
GET    /break-glass                       s  +  + + +  + + +  + + +  s s  | 200
GET    /break-glass?application={application}&version={version}&environment=prod s  o  + + +  o o o  + + +  s s  | 200
GET    /break-glass/{glass}               s  o  + + +  o o o  + + +  s s  | 200
POST   /delegations/make                  s  a  a a a  a a a  a a a  s s  | 303:/delegations a=403
POST   /delegations/{delegation}/end      s  o  o o o  + o o  x + x  s s  | 303:/delegations group.manage
POST   /changes/{change}/confirm          s  x  x x x  x x x  x + x  s s  | 303:/changes/ change.confirm
POST   /changes/{change}/reject           s  o  o o o  o o o  x + x  s s  | 303:/changes/ change.confirm
POST   /break-glass/open                  s  o  x x x  o o o  + x x  s s  | 303:/deployments/ break_glass.open
POST   /break-glass/{waiting_glass}/confirm s  o  x x x  o o o  + x x  s s  | 303:/deployments/ break_glass.open
POST   /break-glass/{glass}/review        s  o  x + x  o o o  + x x  s s  | 303:/break-glass/ break_glass.open
POST   /approvals/{approval}/vote         s  o  a + +  o o o  + a a  s s  | 303:/approvals/ a=403
POST   /deployments/request               s  o  + x x  o o o  + x x  s s  | 303:/deployments/ deployment.request
POST   /deployments/{deployment}/cancel   s  o  + x x  o o o  + x x  s s  | 303:/deployments/ deployment.cancel
POST   /deployments/{stuck}/resolve       s  o  x x x  o o o  + x x  s s  | 303:/deployments/ deployment.resolve
# One's own account: nobody but dana has a passkey here, and who has one gives it again before changing them
GET    /account/passkeys                  s  +  + + +  + + +  + + +  s s  | 200
GET    /account/passkeys/add              s  a  + a a  a a a  a a a  s s  | 302:/account/again a=200
POST   /account/passkeys/add              s  a  + a a  a a a  a a a  s s  | 302:/account/again a=200
PUT    /account/passkeys/add              s  a  + a a  a a a  a a a  s s  | 302:/account/again a=200
POST   /account/passkeys/{passkey}/remove s  o  + o o  o o o  o o o  s s  | 302:/account/again
GET    /account/again                     s  a  + a a  a a a  a a a  s s  | 302:/account/again/passkey a=403
POST   /account/again                     s  a  + a a  a a a  a a a  s s  | 302:/account/again/passkey a=403
PUT    /account/again                     s  a  + a a  a a a  a a a  s s  | 302:/account/again/passkey a=403
GET    /account/again/passkey             s  a  + a a  a a a  a a a  s s  | 200 a=403
POST   /account/again/passkey             s  a  + a a  a a a  a a a  s s  | 302:/sign-in a=403
PUT    /account/again/passkey             s  a  + a a  a a a  a a a  s s  | 302:/sign-in a=403
GET    /sign-in                           a  +  + + +  + + +  + + +  a a  | 302:/inbox a=200
POST   /sign-in                           a  +  + + +  + + +  + + +  a a  | 302:/inbox a=200
PUT    /sign-in                           a  +  + + +  + + +  + + +  a a  | 302:/inbox a=200
GET    /sign-in/passkey                   s  +  + + +  + + +  + + +  s s  | 302:/inbox
POST   /sign-in/passkey                   s  +  + + +  + + +  + + +  s s  | 302:/inbox
PUT    /sign-in/passkey                   s  +  + + +  + + +  + + +  s s  | 302:/inbox
GET    /sign-in/second-factor             s  +  + + +  + + +  + + +  s s  | 302:/inbox
POST   /sign-in/second-factor             s  +  + + +  + + +  + + +  s s  | 302:/inbox
GET    /sign-out                          +  a  a a a  a a a  a a a  + +  | 302:/ a=200
POST   /sign-out                          +  +  + + +  + + +  + + +  + +  | 302:/
# For everybody: how one wants to see the site, and what tells nothing about anything
GET    /api/docs                          +  +  + + +  + + +  + + +  + +  | 200
GET    /favicon.ico                       +  +  + + +  + + +  + + +  + +  | 302:/static/
POST   /settings/theme                    +  +  + + +  + + +  + + +  + +  | 303:/
POST   /settings/zone                     +  +  + + +  + + +  + + +  + +  | 303:/
"""
ROWS = read(TEXT, signed_out=Cell(302, "/sign-in"))
BY_ID = {row.id: row for row in ROWS}

# Nothing is there, by any method: allauth only asks for the names.
NOTHING = ("/sign-up", "/password-reset", "/inactive")
# Answered by a middleware, before there is a route.
BESIDE = ("/livez", "/readyz", "/metrics")
