"""The feed's pages and forms. Each also returns JSON on request."""

from typing import Any

from aiohttp import web

from accounts.keys import USER
from accounts.models import User
from accounts.people.directory import user_by_name
from accounts.people.shown_names import load_names, mentioned_in, set_names
from accounts.relations.visibility import VISIBILITY
from feed import event_log, reading
from feed.doors.uploads import new_nonce, sent_change, sent_nonce, sent_pictures
from feed.keys import WRITER
from helpers.errors import ActionError, charge
from helpers.keys import DATABASE, LIMITER
from helpers.limits import Rule
from helpers.text.translation import current, translate
from helpers.web.flash import flash
from helpers.web.rendering import render_page, render_part
from helpers.web.requests.forms import Form, read_form
from helpers.web.requests.redirects import safe_next
from helpers.web.routing import wants_json

FEED = "/feed"

WRITES = Rule("feed", 2.0, 60.0)
"""Posts, comments and likes per person: far more than by hand."""


class PostAddress(web.View):
    @property
    def post_id(self) -> int:
        return int(self.request.match_info["post"])

    def cursor(self, name: str, usual: int) -> int:
        """Returns a page's position from the query. Raises ActionError if it is invalid."""
        text = self.request.query.get(name)
        if text is None:
            return usual
        if not (text.isascii() and text.isdigit() and len(text) <= 16):
            raise ActionError("bad_request", "`{name}` is the `next` of another page.", name=name)
        return int(text)

    async def text(self) -> str:
        return (await read_form(self.request)).get("text", "")

    async def count_write(self) -> None:
        """Counts against the rate limit. Raises ActionError if it is exceeded."""
        await charge(self.request.app[LIMITER], WRITES, self.request[USER].id)

    async def back(self, fallback: str, fragment: str = "") -> web.HTTPSeeOther:
        """Redirects to the page that contained the form."""
        target = safe_next((await read_form(self.request)).get("next", ""), fallback)
        return web.HTTPSeeOther(target.partition("#")[0] + fragment)

    async def visible_post(self) -> reading.Json:
        """Returns the path's post. Raises ActionError if this person can't see it."""
        return await reading.visible_post(self.request.app[VISIBILITY], self.post_id, self.request[USER].id)

    async def render(self, template: str, context: dict[str, Any], status: int = 200) -> web.Response:
        await _load_names(context)
        return await render_page(template, self.request, {**context, "nonce": new_nonce()}, status=status)


class Feed(PostAddress):
    async def get(self) -> web.Response:
        return await self._page(Form())

    async def post(self) -> web.Response:
        request = self.request
        text = await self.text()
        await self.count_write()
        try:
            nonce, new_pictures = await sent_nonce(request), await sent_pictures(request)
            post_id = await request.app[WRITER].post(request[USER], text, new_pictures, nonce)
        except ActionError as error:
            if error.field is None or wants_json(request):
                raise
            return await self._page(Form({"text": text}, {error.field: translate(error.phrase)}), 422)
        if wants_json(request):
            (post,) = await reading.posts_by_ids([post_id], request[USER].id)
            return web.json_response(post, status=201, headers={"Location": f"{FEED}/{post_id}"})
        raise web.HTTPSeeOther(FEED)

    async def _page(self, form: Form, status: int = 200) -> web.Response:
        request = self.request
        before = self.cursor("before", reading.NEWEST)
        # Read before the page: an event in between is delivered twice rather than missed.
        since = await event_log.last_id()
        page = await reading.feed_page(request.app[DATABASE], request[USER].id, before)
        if wants_json(request):
            return web.json_response({"posts": page.items, "next": page.next, "since": since})
        context = {
            "posts": page.items,
            "next": page.next,
            "form": form,
            "since": since,
            "is_first": before == reading.NEWEST,
        }
        return await self.render("feed/feed.html", context, status)


class PersonPosts(PostAddress):
    async def get(self) -> web.Response:
        person = await user_by_name(self.request.match_info["name"])
        viewer = self.request[USER]
        if person is None or not await self.request.app[VISIBILITY].sees_posts(viewer.id, person.id):
            raise web.HTTPNotFound
        page = await reading.author_page(person.id, viewer.id, self.cursor("before", reading.NEWEST))
        if wants_json(self.request):
            return web.json_response({"posts": page.items, "next": page.next})
        await load_names([person.name])
        return await self.render(
            "feed/person_posts.html",
            {"person": person, "posts": page.items, "next": page.next, "is_page": True},
        )


async def _load_names(context: dict[str, Any]) -> None:
    """Gives the page the names of the authors of all posts and comments in it, and of those whom they
    mention."""
    shown = [*context.get("posts", ()), *context.get("comments", ())]
    if "post" in context:
        shown.append(context["post"])
    set_names({one["author"]: one["author_name"] for one in shown})
    await load_names({name for one in shown for name in mentioned_in(one["html"])})


async def person_section(request: web.Request, person: User) -> str:
    """Renders a person's newest posts for the person's page; an entry of app[PERSON_SECTIONS]. It
    is only shown to people who may see the posts."""
    page = await reading.author_page(person.id, request[USER].id)
    context = {"person": person, "posts": page.items, "next": page.next, "is_page": False}
    await _load_names(context)
    return await render_part("feed/person_section.html", request, context)


class _PostView(PostAddress):
    async def page(self, form: Form, status: int = 200) -> web.Response:
        """Renders the post with its comments. `form` is that of a new comment; its `values` may
        also hold the texts of failed edits."""
        since = await event_log.last_id()
        post = await self.visible_post()
        visibility, viewer = self.request.app[VISIBILITY], self.request[USER]
        comments = await reading.comments_page(visibility, self.post_id, viewer.id, self.cursor("after", 0))
        if wants_json(self.request):
            return web.json_response(
                {"post": post, "comments": comments.items, "next": comments.next, "since": since}
            )
        context = {
            "post": post,
            "comments": comments.items,
            "next": comments.next,
            "form": form,
            "since": since,
        }
        return await self.render("feed/post.html", context, status)


class PostPage(_PostView):
    async def get(self) -> web.Response:
        return await self.page(Form())


class EditPost(_PostView):
    async def post(self) -> web.Response:
        request, text = self.request, await self.text()
        await self.count_write()
        try:
            await request.app[WRITER].edit(request[USER], self.post_id, text, await sent_change(request))
        except ActionError as error:
            if error.field is None or wants_json(request):
                raise
            return await self.page(Form({"edited": text}, {"edited": translate(error.phrase)}), 422)
        if wants_json(request):
            return web.json_response(await self.visible_post())
        raise await self.back(f"{FEED}/{self.post_id}", f"#post-{self.post_id}")


class DeletePost(PostAddress):
    async def post(self) -> web.Response:
        request = self.request
        await self.count_write()
        await request.app[WRITER].delete(request[USER], self.post_id)
        if wants_json(request):
            return web.Response(status=204)
        await flash(request, current().t("The post is deleted."), undo=f"{FEED}/{self.post_id}/undelete")
        back = await self.back(FEED)
        # The post's own page is gone with it.
        is_its_page = str(back.location).partition("?")[0] == f"{FEED}/{self.post_id}"
        raise web.HTTPSeeOther(FEED) if is_its_page else back


class UndeletePost(PostAddress):
    """Takes a deletion back, for a minute."""

    async def post(self) -> web.Response:
        request = self.request
        await self.count_write()
        await request.app[WRITER].undelete(request[USER], self.post_id)
        if wants_json(request):
            return web.json_response(await self.visible_post())
        raise await self.back(f"{FEED}/{self.post_id}", f"#post-{self.post_id}")


class LikePost(PostAddress):
    async def post(self) -> web.Response:
        request = self.request
        await self.count_write()
        await self.choose()
        if wants_json(request):
            return web.json_response(await self.visible_post())
        raise await self.back(f"{FEED}/{self.post_id}", f"#post-{self.post_id}")

    async def choose(self) -> None:
        await self.request.app[WRITER].like(self.request[USER], self.post_id)


class UnlikePost(LikePost):
    async def choose(self) -> None:
        await self.request.app[WRITER].unlike(self.request[USER], self.post_id)


class Comments(_PostView):
    async def post(self) -> web.Response:
        request, text = self.request, await self.text()
        await self.count_write()
        try:
            nonce = await sent_nonce(request)
            comment_id = await request.app[WRITER].comment(request[USER], self.post_id, text, nonce)
        except ActionError as error:
            if error.field is None or wants_json(request):
                raise
            return await self.page(Form({"text": text}, {"text": translate(error.phrase)}), 422)
        address = f"{FEED}/{self.post_id}"
        if wants_json(request):
            comments = await reading.comments_by_ids([comment_id])
            return web.json_response(
                comments[0] if comments else {"id": comment_id}, status=201, headers={"Location": address}
            )
        is_on_first_page = (await self.visible_post())["comments"] <= reading.COMMENTS_PAGE
        raise web.HTTPSeeOther(
            f"{address}{'' if is_on_first_page else f'?after={comment_id - 1}'}#comment-{comment_id}"
        )


class _CommentView(_PostView):
    @property
    def comment_id(self) -> int:
        return int(self.request.match_info["comment"])


class EditComment(_CommentView):
    async def post(self) -> web.Response:
        request, text = self.request, await self.text()
        await self.count_write()
        try:
            await request.app[WRITER].edit_comment(request[USER], self.post_id, self.comment_id, text)
        except ActionError as error:
            if error.field is None or wants_json(request):
                raise
            name = f"comment-{self.comment_id}"
            return await self.page(Form({name: text}, {name: translate(error.phrase)}), 422)
        if wants_json(request):
            (comment,) = await reading.comments_by_ids([self.comment_id])
            return web.json_response(comment)
        raise await self.back(f"{FEED}/{self.post_id}", f"#comment-{self.comment_id}")


class DeleteComment(_CommentView):
    async def post(self) -> web.Response:
        request = self.request
        await self.count_write()
        await request.app[WRITER].delete_comment(request[USER], self.post_id, self.comment_id)
        if wants_json(request):
            return web.Response(status=204)
        address = f"{FEED}/{self.post_id}/comments/{self.comment_id}/undelete"
        await flash(request, current().t("The comment is deleted."), undo=address)
        raise await self.back(f"{FEED}/{self.post_id}")


class UndeleteComment(_CommentView):
    async def post(self) -> web.Response:
        request = self.request
        await self.count_write()
        await request.app[WRITER].undelete_comment(request[USER], self.post_id, self.comment_id)
        if wants_json(request):
            (comment,) = await reading.comments_by_ids([self.comment_id])
            return web.json_response(comment)
        raise await self.back(f"{FEED}/{self.post_id}", f"#comment-{self.comment_id}")
