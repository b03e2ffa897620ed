"""Who gets what from the REST API, route by route. How to read it: table.py; who the columns are: callers.py.

The words of the product: people see teams, applications, environments, pipelines, windows and the board; builds,
releases, deployments and approvals are there for their team, owners, slots, release managers, administrators and
auditors; an application's token sees its own application. Administrators configure, auditors change nothing, machines
never vote.
"""

from tests.census.table import Cell, read

BASE = "/api/v1"
TEXT = """
# Who                                     stranger
#                                            nobody   of another    admin
#                                               team owner slot        auditor
#                                                             manager       ci, ci of another
GET    /applications                      s  +  + + +  + + +  + + +  + +  | 200
POST   /applications                      s  x  x x x  x x x  x + x  x x  | 201 application.manage
GET    /applications/{application}/tokens s  x  + x x  x x x  x + +  x o  | 200 token.manage
POST   /applications/{application}/tokens s  x  x x x  x x x  x + x  x x  | 201 token.manage
DELETE /applications/{application}/tokens/{ci_token}?reason=lost s  x  x x x  x x x  x + x  x x  | 204 token.manage
GET    /groups                            s  +  + + +  + + +  + + +  + +  | 200
POST   /groups                            s  x  x x x  x x x  x + x  x x  | 201 group.manage
PUT    /groups/{group}/members            s  x  x x x  x x x  x + x  x x  | 200 group.manage
GET    /delegations                       s  +  + + +  + + +  + + +  + +  | 200
POST   /delegations                       s  a  a a a  a a a  a a a  b b  | 201 a=not_a_member b=human_required
DELETE /delegations/{delegation}?reason=back s  o  o o o  + o o  x + x  o o  | 204 group.manage
GET    /people                            s  +  + + +  + + +  + + +  + +  | 200
POST   /people                            s  x  x x x  x x x  x + x  x x  | 201 person.manage
GET    /people/{person}/roles             s  x  + x x  x x x  x + +  x x  | 200 person.manage
PUT    /people/{person}/roles             s  x  x x x  x x x  x + x  x x  | 200 person.manage
POST   /people/{person}/deactivate        s  x  x x x  x x x  x + x  x x  | 200 person.manage
POST   /people/{leaver}/reactivate        s  x  x x x  x x x  x + x  x x  | 202 person.manage
GET    /people/{person}/passkeys          s  x  + x x  x x x  x + +  x x  | 200 person.manage
DELETE /people/{person}/passkeys/{passkey} s  x  + x x  x x x  x + x  x x  | 200 person.manage
GET    /people/{person}/tokens            s  x  + x x  x x x  x + +  x x  | 200 token.manage
POST   /people/{person}/tokens            s  x  + x x  x x x  x + x  x x  | 201 token.manage
DELETE /people/{person}/tokens/{token}?reason=lost s  x  + x x  x x x  x + x  x x  | 204 token.manage
GET    /teams                             s  +  + + +  + + +  + + +  + +  | 200
POST   /teams                             s  x  x x x  x x x  x + x  x x  | 201 team.manage
GET    /whoami                            s  +  + + +  + + +  + + +  + +  | 200
GET    /accounts                          s  x  x x x  x x x  + + +  x x  | 200 account.manage
POST   /accounts                          s  x  x x x  x x x  x + x  x x  | 201 account.manage
GET    /accounts/{account}                s  x  x x x  x x x  + + +  x x  | 200 account.manage
DELETE /accounts/{spare_account}?reason=gone s  x  x x x  x x x  x + x  x x  | 204 account.manage
POST   /accounts/{account}/test           s  x  x x x  x x x  x + x  x x  | 200 account.manage
GET    /environments                      s  +  + + +  + + +  + + +  + +  | 200
POST   /environments                      s  x  x x x  x x x  x + x  x x  | 201 environment.manage
GET    /environments/{environment}        s  +  + + +  + + +  + + +  + +  | 200
PATCH  /environments/{environment}        s  x  x x x  x x x  x + x  x x  | 202 environment.manage
DELETE /environments/{spare_environment}?reason=gone s  x  x x x  x x x  x + x  x x  | 204 environment.manage
GET    /environments/{environment}/next-opening s  +  + + +  + + +  + + +  + +  | 200
GET    /windows                           s  +  + + +  + + +  + + +  + +  | 200
POST   /windows                           s  x  x x x  x x x  + + x  x x  | 201 calendar.manage
GET    /windows/{window}                  s  +  + + +  + + +  + + +  + +  | 200
PATCH  /windows/{window}                  s  x  x x x  x x x  + + x  x x  | 200 calendar.manage
DELETE /windows/{window}?reason=gone      s  x  x x x  x x x  + + x  x x  | 204 calendar.manage
GET    /freezes                           s  +  + + +  + + +  + + +  + +  | 200
POST   /freezes                           s  x  x x x  x x x  + + x  x x  | 201 calendar.manage
GET    /freezes/{freeze}                  s  +  + + +  + + +  + + +  + +  | 200
PATCH  /freezes/{freeze}                  s  x  x x x  x x x  + + x  x x  | 200 calendar.manage
DELETE /freezes/{freeze}?reason=over      s  x  x x x  x x x  + + x  x x  | 204 calendar.manage
GET    /pipelines/{application}           s  +  + + +  + + +  + + +  + o  | 200
GET    /pipelines/{application}/diff      s  +  + + +  + + +  + + +  + o  | 200
PUT    /pipelines/{application}           s  x  x x x  x x x  x + x  x x  | 202 pipeline.manage
POST   /pipelines/{application}/validate  s  x  x x x  x x x  x + x  x x  | 200 pipeline.manage
GET    /changes                           s  +  + + +  + + +  + + +  + +  | 200
GET    /changes/{change}                  s  o  o o o  o o o  + + +  o o  | 200
GET    /changes/{change}/effect           s  o  o o o  o o o  + + +  o o  | 200
POST   /changes/{change}/confirm          s  x  x x x  x x x  x + x  x x  | 200 change.confirm
POST   /changes/{change}/reject           s  o  o o o  o o o  x + x  o o  | 200 change.confirm
# What CI made, and what is meant to ship
GET    /builds                            s  +  + + +  + + +  + + +  + +  | 200
POST   /builds                            s  o  + x x  o o o  + x x  + o  | 201 release.cut
GET    /builds/{build}                    s  o  + + +  o o o  + + +  + o  | 200
POST   /builds/{build}/withdraw           s  o  + x x  o o o  + x x  x o  | 200 build.withdraw
GET    /builds/{build}/evidence           s  o  + + +  o o o  + + +  + o  | 200
POST   /builds/{build}/evidence           s  o  + x x  o o o  + x x  + o  | 201 release.cut
GET    /releases                          s  +  + + +  + + +  + + +  + +  | 200
POST   /releases                          s  o  + x x  o o o  + x x  x o  | 201 release.cut
GET    /releases/{application}/{version}  s  o  + + +  o o o  + + +  + o  | 200
GET    /releases/{application}/{version}/diff s  o  + + +  o o o  + + +  + o  | 200
POST   /releases/{application}/{version}/withdraw s  o  + x x  o o o  + x x  x o  | 200 build.withdraw
# May it go, and making it so
GET    /decision?application={application}&version={version}&environment=prod s  o  + + +  o o o  + + +  + o  | 200
GET    /deployments                       s  +  + + +  + + +  + + +  + +  | 200
POST   /deployments                       s  o  + x x  o o o  + x x  + o  | 202 deployment.request
POST   /deployments/baseline              s  o  x x x  o o o  + + x  x o  | 201 deployment.baseline
GET    /deployments/{deployment}          s  o  + + +  o o o  + + +  + o  | 200
PATCH  /deployments/{deployment}          s  o  + x x  o o o  x x x  x o  | 200 requester
GET    /deployments/{deployment}/log      s  o  + + +  o o o  + + +  + o  | 200
POST   /deployments/{deployment}/cancel   s  o  + x x  o o o  + x x  x o  | 200 deployment.cancel
POST   /deployments/{stuck}/resolve       s  o  x x x  o o o  + x x  x o  | 200 deployment.resolve
GET    /board                             s  +  + + +  + + +  + + +  + +  | 200
# People's word. A right to configure is none to vote, and neither is a right to see
GET    /approvals                         s  +  + + +  + + +  + + +  + +  | 200
GET    /approvals?waiting_for=me          s  +  + + +  + + +  + + +  + +  | 200
GET    /approvals/{approval}              s  o  + + +  o o o  + + +  + o  | 200
POST /approvals/{approval}/votes s o a + + o o o + b b c o | 201 a=separation_of_duties b=not_eligible c=human_required
POST   /approvals/{approval}/statement    s  o  + a a  o o o  a a a  b o  | 201 a=step_up_required b=human_required
GET    /break-glass                       s  +  + + +  + + +  + + +  + +  | 200
POST   /break-glass                       s  o  x x x  o o o  + x x  x o  | 202 break_glass.open
GET    /break-glass/{glass}               s  o  + + +  o o o  + + +  + o  | 200
POST   /break-glass/{waiting_glass}/confirm s  o  x x x  o o o  + x x  x o  | 200 break_glass.open
POST   /break-glass/{glass}/review        s  o  x + x  o o o  + x x  x o  | 200 break_glass.open
# Proving it: everybody reads what they may see, the whole log is the auditors'
GET    /audit/events                      s  +  + + +  + + +  + + +  + +  | 200
GET    /audit/events.jsonl                s  +  + + +  + + +  + + +  + +  | 200
GET    /audit/bundle                      s  x  x x x  x x x  x x +  x x  | 200 audit.read
GET    /audit/checkpoint                  s  +  + + +  + + +  + + +  + +  | 200
GET    /audit/key                         s  +  + + +  + + +  + + +  + +  | 200
GET    /audit/leaves/{leaf}/proof         s  +  + + +  + + +  + + +  + +  | 200
GET    /audit/deployments.csv             s  +  + + +  + + +  + + +  + +  | 200
GET    /audit/deployments.jsonl           s  +  + + +  + + +  + + +  + +  | 200
GET    /audit/deployments.xlsx            s  +  + + +  + + +  + + +  + +  | 200
GET    /audit/exports                     s  +  + + +  + + +  + + +  + +  | 200
POST   /audit/exports                     s  +  + + +  + + +  + + +  + +  | 202
GET    /audit/exports/{export}            s  o  + o o  o o o  o o o  o o  | 200
GET    /audit/exports/{export}/file       s  o  + o o  o o o  o o o  o o  | 409:export_not_ready
GET    /openapi.json                      +  +  + + +  + + +  + + +  + +  | 200
"""
ROWS = read(TEXT, signed_out=Cell(401, "not_authenticated"))
BY_ID = {row.id: row for row in ROWS}
