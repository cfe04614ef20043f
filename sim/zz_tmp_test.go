package sim
import ("testing";"time")
func TestZZ(t *testing.T){
 n:=0; t0:=time.Now()
 for seed:=uint64(0); seed<1500; seed++ { for _,m:=range []Model{Physical,Adversarial}{
  r:=Swarm(seed,SwarmOptions{Model:m}).Run(RunOptions{NoDigest:true})
  if r.Violation!=nil { n++; if n<12 {t.Logf("%v %d %.200s",m,seed,r.Violation.Error())} }
 }}
 t.Log(n, time.Since(t0))
}
