module telepresence/launcher

go 1.19
