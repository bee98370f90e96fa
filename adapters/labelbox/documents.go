package labelbox

// The GraphQL documents: operations, fields, arguments and types of variables are those of the Python client 7.17.0
// (labelbox/schema); of what they may select, what is used.
const (
	userDocument = `query GetUserPyApi { user { id } }`

	taskDocument = `query GetUserCreatedTasksPyApi($param_0: ID!, $param_1: ID!) {
  user(where: {id: $param_1}) {
    createdTasks(where: {id: $param_0} skip: 0 first: 100) { id status completionPercentage result errors type }
  }
}`

	uploadDocument = `mutation UploadFile($file: Upload!, $contentLength: Int!, $sign: Boolean) {
  uploadFile(file: $file, contentLength: $contentLength, sign: $sign) { url filename }
}`

	upsertDocument = `mutation UpsertDataRowsPyApi($manifestUri: String!) {
  upsertDataRows(data: { manifestUri: $manifestUri }) { id status completionPercentage result errors type }
}`

	failedRowsDocument = `query FailedDataRowImportsPyApi($taskId: ID!, $first: Int, $from: String) {
  failedDataRowImports(data: { taskId: $taskId, first: $first, from: $from }) {
    after total results { message spec { externalId globalKey rowData } }
  }
}`

	lookUpDocument = `query getDataRowsForGlobalKeysPyApi($globalKeys: [ID!]!) {
  dataRowsForGlobalKeys(where: {ids: $globalKeys}) { jobId }
}`

	lookedUpDocument = `query getDataRowsForGlobalKeysResultPyApi($jobId: ID!) {
  dataRowsForGlobalKeysResult(jobId: {id: $jobId}) {
    data { fetchedDataRows { id } notFoundGlobalKeys accessDeniedGlobalKeys } jobStatus
  }
}`

	processedDocument = `query CheckAllDataRowsHaveBeenProcessedPyApi($dataRowIds: [ID!]) {
  queryAllDataRowsHaveBeenProcessed(dataRowIds: $dataRowIds) { allDataRowsHaveBeenProcessed }
}`

	createBatchDocument = `mutation createBatchV2PyApi($projectId: ID!, $batchInput: CreateBatchInput!) {
  project(where: {id: $projectId}) {
    createBatchV2(input: $batchInput) { batch { id name size } failedDataRowIds }
  }
}`

	createEmptyBatchDocument = `mutation createEmptyBatchPyApi($projectId: ID!, $input: CreateEmptyBatchInput!) {
  project(where: {id: $projectId}) { createEmptyBatch(input: $input) { id } }
}`

	fillBatchDocument = `mutation addDataRowsToBatchAsyncPyApi($projectId: ID!, $input: AddDataRowsToBatchInput!) {
  project(where: {id: $projectId}) { addDataRowsToBatchAsync(input: $input) { taskId } }
}`

	batchesDocument = `query GetProjectBatchesPyApi($from: String, $first: PageSize, $projectId: ID!) {
  project(where: {id: $projectId}) {
    id batches(after: $from, first: $first) { nodes { id name size } pageInfo { endCursor } }
  }
}`

	batchDocument = `query getProjectBatchPyApi($projectId: ID!, $batchId: ID!) {
  project(where: {id: $projectId}) { batches(where: {id: $batchId}) { nodes { id name size } } }
}`

	importDocument = `mutation createMALPredictionImportByFilePyApi($projectId: ID!, $name: String!, $file: Upload!, $contentLength: Int!) {
  createModelAssistedLabelingPredictionImport(
    data: { projectId: $projectId name: $name filePayload: { file: $file, contentLength: $contentLength } }
  ) { id name state progress errorFileUrl inputFileUrl statusFileUrl }
}`

	importedDocument = `query getModelAssistedLabelingPredictionImportPyApi($projectId: ID!, $name: String!) {
  modelAssistedLabelingPredictionImport(where: {projectId: $projectId, name: $name}) {
    id name state progress errorFileUrl inputFileUrl statusFileUrl
  }
}`

	queuesDocument = `query GetProjectTaskQueuesPyApi($projectId: ID!) {
  project(where: {id: $projectId}) { taskQueues { dataRowCount description name queueType id } }
}`

	moveDocument = `mutation AddDataRowsToTaskQueueAsyncPyApi(
  $projectId: ID!
  $queueId: ID
  $dataRowIdentifiers: AddRowsToTaskQueueViaDataRowIdentifiersInput!
) {
  project(where: {id: $projectId}) {
    createBulkAddRowsToQueueTask(data: { queueId: $queueId, dataRowIdentifiers: $dataRowIdentifiers }) { taskId }
  }
}`

	priorityDocument = `mutation createQueuePriorityUpdateTaskPyApi(
  $priority: Int!
  $projectId: ID!
  $dataRowIdentifiers: QueuePriorityUpdateDataRowIdentifiersInput
) {
  project(where: {id: $projectId}) {
    createQueuePriorityUpdateTask(data: { priority: $priority, dataRowIdentifiers: $dataRowIdentifiers }) { taskId }
  }
}`

	ontologyDocument = `query GetProjectOntologyPyApi($param_0: ID!) {
  project(where: {id: $param_0}) { ontology { id name normalized } }
}`

	datasetDocument = `query GetDatasetPyApi($param_0: ID!) { dataset(where: {id: $param_0}) { id name } }`
)
