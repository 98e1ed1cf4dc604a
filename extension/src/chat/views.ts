/** By which VS Code knows the tabs of chats, also after a reload. */
export const chatTabs = 'parley.chat'

/** The id of the view in the side bar that shows a chat. */
export const chatView = 'parley.chat'
