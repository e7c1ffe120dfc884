// Whether the board still knows this screen: who was signed out sees the way in instead of old figures.

const AGAIN_MS = 15000;
let asking = false;

/** Asks for as long as isLost() says that nothing comes; leaves the page where the answer is "sign in first". */
export async function leaveIfSignedOut(isLost) {
  if (asking) return;
  asking = true;
  const answer = await fetch("api/v1/session", { cache: "no-store" }).catch(() => null);
  asking = false;
  if (answer?.status === 401) location.replace("login");
  else setTimeout(() => isLost() && leaveIfSignedOut(isLost), AGAIN_MS);
}
