/** The types of what the state holds. No code: other modules name them in their comments. */

/**
 * A line of the history. A post has a number, a service line has none.
 * @typedef {object} Line
 * @property {number} seq
 * @property {number} [number]
 * @property {string} kind
 * @property {string} author
 * @property {string} text
 * @property {string} at
 * @property {string} [html]
 * @property {string} [target]
 * @property {string} [nonce]
 * @property {boolean} [deleted]
 * @property {number|string} [changed] the seq of a change
 * @property {number|null} [reply_to]
 * @property {{author: string, text: string, files?: FileKind}} [quote]
 * @property {SharedFile[]} [files]
 * @property {string} [edited_at]
 * @property {Reaction[]} [reactions]
 * @property {boolean} [pinned]
 * @property {Preview[]} [previews]
 * @property {string[]} [mentions] names of people, `@all` and `@here`
 * @property {string} [excerpt] of a post that was changed: what quotes show, if not just its text
 * @property {string} [role] what a line of the kind `role` makes of its target
 *
 * @typedef {{emoji: string, names: string[]}} Reaction
 *
 * The card of a link; a permalink's has its address alone.
 * @typedef {{url: string, title?: string, site?: string, description?: string, picture?: string,
 *   width?: number, height?: number, permalink?: boolean}} Preview
 */

/**
 * A request to change a post, until its outcome is in the history.
 * @typedef {object} Amendment
 * @property {string} nonce
 * @property {string} type
 * @property {number} number of the post
 * @property {string} at
 * @property {string} [text]
 * @property {string} [emoji]
 * @property {boolean} [on]
 * @property {string} [url] of a card
 * @property {Described[]} [files]
 * @property {number} [seq] of the outcome, once that is known
 * @property {boolean} [urgent] it acts on others: it goes now or fails
 */

/**
 * A post of one's own that isn't in the history yet.
 * @typedef {object} Pending
 * @property {string} nonce
 * @property {string} text
 * @property {string} at
 * @property {"waiting"|"sent"|"stored"|"refused"} stage
 * @property {number} [seq]
 * @property {string} [code]
 * @property {string} [reason]
 * @property {number} [reply_to]
 * @property {{author: string, text: string, files?: FileKind}} [quote]
 * @property {number} [after] of a command: the seq of the last line when it was written
 * @property {string} [batch] under which the browser keeps its files
 * @property {OutgoingFile[]} [files]
 */

/**
 * A file that is to be sent.
 * @typedef {object} OutgoingFile
 * @property {string} key within its batch
 * @property {string} name
 * @property {string} type as the browser says it
 * @property {number} size
 * @property {string} description
 * @property {string} [id] of its upload at the server, once it is begun
 * @property {"waiting"|"sending"|"stalled"|"looking"|"ready"|"refused"} state
 * @property {number} [sent] bytes
 * @property {string} [reason] why it was refused
 */

/** @typedef {{id: string, description: string}} Described what can be seen in a file */

/**
 * A file of a message.
 * @typedef {object} SharedFile
 * @property {string} id
 * @property {string} name
 * @property {string} type
 * @property {number} size
 * @property {number|null} width
 * @property {number|null} height
 * @property {string} description
 * @property {string} url
 * @property {string|null} thumbnail
 */

/** @typedef {"picture"|"video"|"sound"|"text"|"other"|"file"} FileKind `file`: of a quote */

/** @typedef {{id: number, text: string, at: string, after: number}} Notice a private line */

/**
 * @typedef {object} Toast
 * @property {number} id
 * @property {string} text empty: its `commands` say what was done
 * @property {number|(() => void)} [undo] the post to be undeleted, or what takes it back
 * @property {number[]} [acts] the acts of order to be undone
 * @property {string[]} [commands] by which they were asked for
 * @property {string} [about] on whom
 */

/**
 * @typedef {object} Member
 * @property {string} name
 * @property {string} role
 * @property {boolean} present whether they are online, as last told
 * @property {""|"away"|"dnd"} [status]
 * @property {string} [status_text]
 * @property {string} [status_until]
 * @property {number} [picture] its version
 * @property {string} [display_name]
 */

/**
 * @typedef {object} OwnRoom
 * @property {boolean} [archived]
 * @property {number} [picture] its version
 * @property {string} name
 * @property {string} kind
 * @property {string} title
 * @property {number} last_number
 * @property {number} read_number
 * @property {number} mentions
 * @property {number} [deleted] how many posts after `read_number` are deleted
 * @property {number} [times_back] how often `read_number` was set back
 * @property {number} [reports] how many reports wait there for one's answer
 * @property {string} [level] how much of it calls one, where it is not the usual: `all`, `mentions`, `none`
 * @property {string} [level_until] when that ends
 */

/**
 * What called one, as it is told live; of a quiet one the page only counts.
 * @typedef {{id: number, kind: string, by: string, room?: string, title?: string, number?: number,
 *   quiet?: boolean}} Call
 */

/**
 * @typedef {{name: string, title: string, topic: string, kind: string, inviter: string, at: string}}
 *   Invitation
 */

/**
 * @typedef {{report: number, name: string, title: string, kind: string, number: number, done?: boolean}}
 *   Outcome of a message that one has reported: whether something was done
 */

/**
 * @typedef {{held: number, name: string, text: string, at: string, refused?: boolean}} Held one's own
 *   post in the room `name` that waits for a moderator, or wasn't let through
 */

/**
 * @typedef {{name: string, usage: string, help: string, aliases: string[], says?: boolean}} Command
 *   `says`: it only says something, and may wait for a connection
 */

/**
 * What a watcher is told of.
 * @typedef {"timeline"|"members"|"status"|"room"|"rooms"|"commands"|"reading"|"notices"} RoomTopic
 * @typedef {RoomTopic|"ended"|"typing"|"toasts"|"pins"|"composing"} Topic
 */

/** @typedef {{type: string, [field: string]: any}} Event of the server, or an action of the page */

export {};
