// Goes on to the board as soon as there is a session: a link from another site comes without the cookie, which this
// page's own request has; and a screen that was signed out by a mistake comes back by itself once it is mended.

const AGAIN_MS = 15000;
// A stranger's page asks once a quarter of a minute; whoever is about to sign out stays where he is.
const stays = document.body.dataset.state === "sign-out";

async function look() {
  const answer = await fetch("api/v1/session", { cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.replace("./");
  else setTimeout(look, AGAIN_MS);
}

if (!stays) look();
