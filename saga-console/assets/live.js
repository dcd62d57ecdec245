// Keeps a page up to date: the server says that it has changed, and the page takes the new content of
// its own address. What somebody is filling in is left as it is.
"use strict";
(() => {
    const address = document.currentScript.dataset.live;
    const main = () => document.getElementById("main");
    const used = new WeakSet();
    document.addEventListener("input", (event) => event.target.form && used.add(main()));
    let renewing = false;
    let again = false;
    const renew = async () => {
        // What is on its way may be from before this change.
        again = renewing;
        if (renewing) return;
        renewing = true;
        try {
            const answer = await fetch(location.href, { redirect: "error" });
            if (!answer.ok) return;
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            if (used.has(main())) {
                main().dataset.stale = "true";
                return;
            }
            const open = [...main().querySelectorAll("details")].map((part) => part.open);
            const focus = document.activeElement && document.activeElement.id;
            document.title = page.title;
            main().replaceWith(document.adoptNode(page.getElementById("main")));
            main().querySelectorAll("details").forEach((part, at) => { part.open = open[at]; });
            if (focus) document.getElementById(focus)?.focus();
        } finally {
            renewing = false;
            if (again) renew();
        }
    };
    new EventSource(address).addEventListener("changed", renew);
})();
