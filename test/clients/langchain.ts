/** LangChain, from this folder's packages. */
export { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
export { tool } from '@langchain/core/tools'
export { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
