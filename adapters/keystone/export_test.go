package keystone

// Kept is about how many answers are kept, good ones and refusals.
func Kept(a *Authenticator) int {
	return a.answers.good.EstimatedSize() + a.answers.refused.EstimatedSize()
}
