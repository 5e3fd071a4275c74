"""How much the pictures of one person may take."""

import io

from PIL import Image

from tests.conftest import LIMITS_OFF
from tests.feed.test_post_pictures import sends
from tests.support.feed_reader import asks
from tests.support.people import Person
from tests.support.servers import Aiochat


async def test_pictures_take_no_more_than_the_quota(own_servers: None) -> None:
    with Aiochat(env={**LIMITS_OFF, "AIOCHAT_QUOTA": "1"}) as server:
        alice, bob = [await Person(server.url, name).joins() for name in ("alice", "bob")]
        noise = io.BytesIO()
        Image.effect_noise((600, 600), 100).save(noise, "PNG")
        posts = []
        while True:
            status, post = await sends(alice, [noise.getvalue()], text="noise")
            if status != 201:
                break
            posts.append(post)
            assert len(posts) < 10
        assert posts
        assert (status, post["errors"]["pictures"]) == (
            422,
            "Your pictures take all the space that you have here, 1 MB. Delete some first.",
        )
        assert (await asks(alice, "/feed", text="Words still go"))[0] == 201
        assert (await sends(bob, [noise.getvalue()], text="mine"))[0] == 201
        assert (await asks(alice, f"/feed/{posts[0]['id']}/delete"))[0] == 204
        assert (await sends(alice, [noise.getvalue()], text="again"))[0] == 201
        for someone in (alice, bob):
            await someone.close()
