"""Every address of the site and its access rule. A new page needs a line here, a view, and a
template."""

from pathlib import Path

from aiohttp import web

from accounts.doors import (
    directory,
    installing,
    mailing,
    password_reset,
    personal_data,
    pictures,
    profiles,
    registration,
    relations,
    security,
    settings,
    signin,
    waiting,
)
from accounts.doors import relation_lists as lists
from administration.doors import filters as site_filters
from administration.doors import frame as administration
from administration.doors import health as site_health
from administration.doors import invitations as site_invitations
from administration.doors import log, person, site
from administration.doors import logo as site_logo
from administration.doors import people as site_people
from administration.doors import reports as site_reports
from administration.doors import room as site_room
from administration.doors import rooms as site_rooms
from chat.doors import (
    conversations,
    files,
    history,
    ignoring,
    invitations,
    kept,
    link_previews,
    posts,
    previews,
    reading,
    reports,
    search,
    sharing,
    status,
    uploads,
)
from chat.doors.rooms import export as room_export
from chat.doors.rooms import list as room_list
from chat.doors.rooms import log as room_log
from chat.doors.rooms import pages as chat
from chat.doors.rooms import pictures as room_pictures
from chat.doors.rooms import settings as room_settings
from chat.doors.sockets import upgrade
from feed.doors import events, trial
from feed.doors import pages as feed
from feed.doors import pictures as picture_views
from feed.doors import uploads as feed_uploads
from helpers.web.assets.files import FILES
from helpers.web.headers import WORKER_POLICY
from helpers.web.languages import ChooseLanguage
from helpers.web.observing.health import Live, Ready
from helpers.web.routing import Access, Route
from notifications.doors import levels as notice_levels
from notifications.doors import notices
from notifications.doors import settings as notice_settings
from notifications.push import doors as push
from notifications.ways import doors as ways
from weather.views import WeatherPage

STATIC = Path(__file__).resolve().parent / "static"

NUMBER = "{number:[1-9][0-9]{0,15}}"
"""A post's number has exactly one spelling; anything else isn't an address."""


POST = "{post:[1-9][0-9]{0,15}}"
COMMENT = "{comment:[1-9][0-9]{0,15}}"
LINK = "{link:[1-9][0-9]{0,15}}"
REPORT = "{report:[1-9][0-9]{0,15}}"
HELD = "{held:[1-9][0-9]{0,15}}"
PICTURE = "{picture:[1-9][0-9]{0,15}}"
UPLOAD = "{upload:[A-Za-z0-9_-]{22}}"
SENT_FILE = "{file:[A-Za-z0-9_-]{22}}"


class Favicon(web.View):
    async def get(self) -> web.FileResponse:
        return web.FileResponse(STATIC / "favicon.svg")


class Robots(web.View):
    async def get(self) -> web.FileResponse:
        return web.FileResponse(STATIC / "robots.txt")


class ServiceWorker(web.View):
    """At the top, since a service worker answers for the pages below its own address."""

    async def get(self) -> web.Response:
        answer = await self.request.app[FILES].serve_joined(self.request, "js/offline/worker.js")
        answer.headers["Content-Security-Policy"] = WORKER_POLICY
        return answer


ROUTES = [
    Route("/", signin.Index, "index", Access.ANYONE),
    Route("/favicon.ico", Favicon, "favicon", Access.FILE),
    Route("/robots.txt", Robots, "robots", Access.FILE),
    Route("/manifest.webmanifest", installing.Manifest, "manifest", Access.FILE),
    Route("/icons/{icon:[a-z]+-[0-9]{2,3}}.png", installing.Icon, "icon", Access.FILE),
    Route("/share", sharing.Share, "share", Access.SIGNED_IN, foreign=True),
    Route("/service-worker.js", ServiceWorker, "service_worker", Access.FILE),
    Route("/language", ChooseLanguage, "language", Access.ANYONE),
    Route("/livez", Live, "livez", Access.FILE, json=True),
    Route("/readyz", Ready, "readyz", Access.FILE, json=True),
    Route("/accounts/register", registration.Register, "register", Access.ANYONE),
    Route("/accounts/handle", registration.ProposedName, "proposed_name", Access.ANYONE, json=True),
    Route("/accounts/waiting", waiting.Waiting, "waiting", Access.SIGNED_IN),
    Route("/logo", site_logo.Logo, "site_logo", Access.FILE),
    Route("/begin", invitations.Begin, "begin", Access.SIGNED_IN),
    Route("/welcome", waiting.Newcomers, "newcomers", Access.SIGNED_IN),
    Route("/join/{code}", invitations.Join, "join", Access.ANYONE, secret=True),
    Route("/invitations", invitations.Invitations, "invitations", Access.SIGNED_IN),
    Route(f"/invitations/{LINK}/revoke", invitations.Revoke, "revoke_invitation", Access.SIGNED_IN),
    Route(
        "/accounts/reset/{token}", password_reset.ResetPassword, "reset_password", Access.ANYONE, secret=True
    ),
    Route("/accounts/forgot", mailing.ForgotPassword, "forgot_password", Access.ANYONE),
    Route("/accounts/verify/{token}", mailing.ConfirmEmail, "confirm_email", Access.ANYONE, secret=True),
    Route("/unsubscribe/{token}", ways.Unsubscribe, "unsubscribe", Access.ANYONE, secret=True, foreign=True),
    Route("/accounts/login", signin.Login, "login", Access.ANYONE),
    Route("/accounts/logout", signin.Logout, "logout", Access.SIGNED_IN),
    Route("/accounts/profile", profiles.EditProfile, "profile", Access.SIGNED_IN),
    Route(
        "/accounts/picture",
        pictures.ChangePicture,
        "change_picture",
        Access.SIGNED_IN,
        max_body=pictures.MAX_BODY,
    ),
    Route("/accounts/picture/remove", pictures.RemovePicture, "remove_picture", Access.SIGNED_IN),
    Route("/accounts/email", security.Email, "email", Access.SIGNED_IN),
    Route("/accounts/email/confirm", mailing.AskToConfirm, "ask_to_confirm", Access.SIGNED_IN),
    Route("/accounts/password", security.Password, "password", Access.SIGNED_IN),
    Route("/accounts/sessions", security.Sessions, "sessions", Access.SIGNED_IN),
    Route("/accounts/requests", lists.Requests, "requests", Access.SIGNED_IN),
    Route("/accounts/followers", lists.Followers, "followers", Access.SIGNED_IN),
    Route("/accounts/blocked", lists.Blocked, "blocked", Access.SIGNED_IN),
    Route("/accounts/data", personal_data.OwnData, "own_data", Access.SIGNED_IN),
    Route(
        "/accounts/data/download",
        personal_data.Download,
        "own_data_download",
        Access.SIGNED_IN,
        is_endless=True,
    ),
    Route("/accounts/push", push.Push, "push", Access.SIGNED_IN, json=True),
    Route("/accounts/push/remove", push.RemoveDevice, "remove_push_device", Access.SIGNED_IN),
    Route("/accounts/delete", personal_data.DeleteAccount, "delete_account", Access.SIGNED_IN),
    Route("/settings", settings.Settings, "settings", Access.SIGNED_IN),
    Route("/settings/profile", settings.ProfileSettings, "settings_profile", Access.SIGNED_IN),
    Route("/settings/account", settings.AccountSettings, "settings_account", Access.SIGNED_IN),
    Route(
        *("/settings/notifications", notice_settings.NotificationSettings, "settings_notifications"),
        Access.SIGNED_IN,
    ),
    Route("/settings/appearance", settings.AppearanceSettings, "settings_appearance", Access.SIGNED_IN),
    Route("/settings/privacy", lists.PrivacySettings, "settings_privacy", Access.SIGNED_IN),
    Route("/settings/sessions", settings.SessionSettings, "settings_sessions", Access.SIGNED_IN),
    Route("/settings/data", settings.DataSettings, "settings_data", Access.SIGNED_IN),
    Route("/emoji", previews.Emoji, "emoji", Access.FILE, json=True),
    Route("/people", profiles.People, "people", Access.SIGNED_IN, json=True),
    Route("/users", directory.Directory, "users", Access.SIGNED_IN),
    Route("/users/{name}", profiles.PersonPage, "person", Access.SIGNED_IN),
    Route("/users/{name}/picture", pictures.Picture, "picture", Access.SIGNED_IN, kept=True),
    Route("/users/{name}/follow", relations.Follow, "follow", Access.SIGNED_IN),
    Route("/users/{name}/unfollow", relations.Unfollow, "unfollow", Access.SIGNED_IN),
    Route("/users/{name}/accept", relations.Accept, "accept", Access.SIGNED_IN),
    Route("/users/{name}/decline", relations.Decline, "decline", Access.SIGNED_IN),
    Route("/users/{name}/remove-follower", relations.RemoveFollower, "remove_follower", Access.SIGNED_IN),
    Route("/users/{name}/block", relations.Block, "block", Access.SIGNED_IN),
    Route("/users/{name}/unblock", relations.Unblock, "unblock", Access.SIGNED_IN),
    Route("/users/{name}/ignore", ignoring.Ignore, "ignore", Access.SIGNED_IN),
    Route("/users/{name}/unignore", ignoring.Unignore, "unignore", Access.SIGNED_IN),
    Route("/users/{name}/posts", feed.PersonPosts, "person_posts", Access.SIGNED_IN),
    Route("/feed", feed.Feed, "feed", Access.SIGNED_IN, max_body=feed_uploads.MAX_BODY),
    Route("/feed/events", events.Events, "feed_events", Access.SIGNED_IN, json=True, is_endless=True),
    Route("/feed/events/trial", trial.Trial, "feed_trial", Access.FILE, json=True, is_endless=True),
    Route(f"/feed/{POST}", feed.PostPage, "feed_post", Access.SIGNED_IN),
    Route(f"/feed/{POST}/edit", feed.EditPost, "feed_edit", Access.SIGNED_IN, max_body=feed_uploads.MAX_BODY),
    Route(
        f"/feed/{POST}/pictures/{PICTURE}",
        picture_views.PostPicture,
        "feed_picture",
        Access.SIGNED_IN,
        kept=True,
    ),
    Route(f"/feed/{POST}/delete", feed.DeletePost, "feed_delete", Access.SIGNED_IN),
    Route(f"/feed/{POST}/undelete", feed.UndeletePost, "feed_undelete", Access.SIGNED_IN),
    Route(f"/feed/{POST}/like", feed.LikePost, "feed_like", Access.SIGNED_IN),
    Route(f"/feed/{POST}/unlike", feed.UnlikePost, "feed_unlike", Access.SIGNED_IN),
    Route(f"/feed/{POST}/comments", feed.Comments, "feed_comments", Access.SIGNED_IN),
    Route(f"/feed/{POST}/comments/{COMMENT}/edit", feed.EditComment, "feed_comment_edit", Access.SIGNED_IN),
    Route(
        f"/feed/{POST}/comments/{COMMENT}/delete", feed.DeleteComment, "feed_comment_delete", Access.SIGNED_IN
    ),
    Route(
        *(f"/feed/{POST}/comments/{COMMENT}/undelete", feed.UndeleteComment, "feed_comment_undelete"),
        Access.SIGNED_IN,
    ),
    Route("/weather", WeatherPage, "weather", Access.SIGNED_IN),
    Route("/status", status.OwnStatus, "status", Access.SIGNED_IN),
    Route("/uploads", uploads.NewUpload, "new_upload", Access.SIGNED_IN, json=True),
    Route(f"/uploads/{UPLOAD}", uploads.OneUpload, "upload", Access.SIGNED_IN, json=True, is_endless=True),
    Route(f"/files/{SENT_FILE}/preview", files.Preview, "file_preview", Access.SIGNED_IN, kept=True),
    Route(
        *(f"/files/{SENT_FILE}/{{name}}", files.OneFile, "file", Access.SIGNED_IN),
        kept=True,
        is_endless=True,
    ),
    Route("/kept", kept.Kept, "kept", Access.SIGNED_IN, json=True),
    Route("/conversations", conversations.Conversations, "conversations", Access.SIGNED_IN),
    Route("/search", search.SearchPage, "search", Access.SIGNED_IN),
    Route("/previews/post", link_previews.LinkedPost, "linked_post", Access.SIGNED_IN, json=True),
    Route(
        "/previews/{picture:[0-9a-f]{16,32}}.webp",
        link_previews.Picture,
        "preview_picture",
        Access.SIGNED_IN,
        kept=True,
    ),
    Route("/rooms", room_list.Rooms, "rooms", Access.SIGNED_IN),
    Route("/rooms/{name}", chat.RoomPage, "room", Access.SIGNED_IN),
    Route("/rooms/{name}/accept", invitations.Accept, "accept_invitation", Access.SIGNED_IN),
    Route("/rooms/{name}/ask", invitations.AskToJoin, "ask_to_join", Access.SIGNED_IN),
    Route("/rooms/{name}/decline", invitations.Decline, "decline_invitation", Access.SIGNED_IN),
    Route("/rooms/{name}/messages", history.Messages, "messages", Access.SIGNED_IN, json=True),
    Route("/rooms/{name}/members", history.Members, "members", Access.SIGNED_IN, json=True),
    Route("/rooms/{name}/read", reading.ReadMark, "read_mark", Access.SIGNED_IN, json=True),
    Route("/rooms/{name}/preview", previews.Preview, "preview", Access.SIGNED_IN, json=True),
    Route("/rooms/{name}/log", room_log.RoomLog, "room_log", Access.SIGNED_IN),
    Route("/rooms/{name}/export", room_export.RoomExport, "room_export", Access.SIGNED_IN, is_endless=True),
    Route("/rooms/{name}/reports", reports.RoomReports, "room_reports", Access.SIGNED_IN),
    Route("/rooms/{name}/settings", room_settings.RoomSettings, "room_settings", Access.SIGNED_IN),
    Route(
        "/rooms/{name}/picture",
        room_pictures.RoomPicture,
        "room_picture",
        Access.SIGNED_IN,
        max_body=room_pictures.MAX_BODY,
    ),
    Route("/rooms/{name}/restore", room_list.Restore, "restore_room", Access.SIGNED_IN),
    Route("/rooms/{name}/files", files.RoomFiles, "room_files", Access.SIGNED_IN, max_body=files.max_body),
    Route("/rooms/{name}/pins", posts.Pins, "pins", Access.SIGNED_IN, json=True),
    Route("/notifications", notices.Notices, "notifications", Access.SIGNED_IN),
    Route("/rooms/{name}/notifications", notice_levels.RoomLevel, "room_level", Access.SIGNED_IN),
    Route(f"/rooms/{{name}}/{NUMBER}/why", notices.Why, "why", Access.SIGNED_IN),
    Route(f"/rooms/{{name}}/{NUMBER}", posts.Permalink, "permalink", Access.SIGNED_IN),
    Route(f"/rooms/{{name}}/{NUMBER}/report", reports.ReportPost, "report", Access.SIGNED_IN),
    Route(f"/reports/{REPORT}/seen", reports.SeenOutcome, "seen_outcome", Access.SIGNED_IN),
    Route(f"/held/{HELD}/withdraw", reports.Withdraw, "withdraw_held", Access.SIGNED_IN),
    Route(f"/rooms/{{name}}/{NUMBER}/versions", posts.Versions, "versions", Access.SIGNED_IN, json=True),
    Route("/admin", administration.Administration, "admin", Access.SIGNED_IN),
    Route("/admin/people", site_people.People, "admin_people", Access.SIGNED_IN),
    Route("/admin/invitations", site_invitations.Invitations, "admin_invitations", Access.SIGNED_IN),
    Route("/admin/filters", site_filters.SiteFilters, "admin_filters", Access.SIGNED_IN),
    Route("/admin/reports", site_reports.SiteQueue, "admin_reports", Access.SIGNED_IN),
    Route("/admin/rooms", site_rooms.Rooms, "admin_rooms", Access.SIGNED_IN),
    Route("/admin/rooms/{id:[1-9][0-9]{0,14}}", site_room.RoomPage, "admin_room", Access.SIGNED_IN),
    Route("/admin/log", log.Log, "admin_log", Access.SIGNED_IN),
    Route("/admin/log/export", log.LogExport, "admin_log_export", Access.SIGNED_IN, is_endless=True),
    Route("/admin/site", site.Site, "admin_site", Access.SIGNED_IN),
    Route(
        "/admin/site/logo",
        site_logo.ChangeLogo,
        "admin_site_logo",
        Access.SIGNED_IN,
        max_body=site_logo.MAX_BODY,
    ),
    Route("/rules", site.Rules, "rules", Access.ANYONE),
    Route("/admin/health", site_health.Health, "admin_health", Access.SIGNED_IN),
    Route("/admin/storage", site_health.Storage, "admin_storage", Access.SIGNED_IN),
    Route("/admin/people/{name}", person.PersonPage, "admin_person", Access.SIGNED_IN),
    Route("/ws", upgrade.OwnSocket, "own_socket", Access.SIGNED_IN, json=True, is_endless=True),
    Route("/rooms/{name}/ws", upgrade.Socket, "socket", Access.SIGNED_IN, json=True, is_endless=True),
]
